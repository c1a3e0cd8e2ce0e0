import { join } from 'node:path'
import { type Consumer, consumer, legacy, root } from './consumer.js'

/** The application under test: it knows nothing of the kit. */
const APPLICATION = `
  export function createApplication({ axios, attachOAuth2 }, session, options) {
    const api = axios.create({ baseURL: 'https://api.example.com', ...options })
    attachOAuth2(api, session)
    return { api, profile: () => api.get('/me').then(({ data }) => data.name) }
  }`

/**
 * What docs/testing.md promises, for every runner; `useFakeTimers` and `useRealTimers` are the runner's own.
 */
const TESTS = `
  const profile = session => ({ adapter: session.server.api(() => ({ status: 200, body: { name: 'Anna' } })) })
  const rejection = promise => promise.then(() => undefined, error => error.cause?.code)

  test('a session that is signed in', async () => {
    const session = fakeSession({ scope: 'read', claims: { sub: 'anna' } })
    const { api, profile: name } = createApplication({ axios, attachOAuth2 }, session, profile(session))
    recordAuthorizations(api)
    assert.equal(await name(), 'Anna')
    assert.equal(lastAuthorization(api), 'Bearer access-1')
  })

  test('a token of the test, and an API that nobody mocked but the instance', async () => {
    const session = fakeSession({ token: 'test' })
    const adapter = async config => ({ status: 200, statusText: 'OK', headers: {}, config, request: {}, data: '{"name":"Anna"}' })
    const { api, profile: name } = createApplication({ axios, attachOAuth2 }, session, { adapter })
    recordAuthorizations(api)
    assert.equal(await name(), 'Anna')
    assert.equal(lastAuthorization(api), 'Bearer test')
  })

  test('a refused token is renewed once for twenty requests', async () => {
    const session = fakeSession()
    const { profile: name } = createApplication({ axios, attachOAuth2 }, session, profile(session))
    session.server.revokeAccessTokens()
    const names = await Promise.all(Array.from({ length: 20 }, name))
    assert.deepEqual(new Set(names), new Set(['Anna']))
    assert.equal(session.server.counts.token, 1)
  })

  test('signed out, signed in, ended', async () => {
    const session = fakeSession({ status: 'signed-out' })
    const { profile: name } = createApplication({ axios, attachOAuth2 }, session, profile(session))
    assert.equal(await rejection(name()), 'OAUTH_INTERACTION_REQUIRED')
    await session.signIn()
    assert.equal(await name(), 'Anna')
    await session.end()
    assert.equal(await rejection(name()), 'OAUTH_SESSION_ENDED')
  })

  test('faults on order', async () => {
    const session = fakeSession({ status: 'expiring' })
    const { profile: name } = createApplication({ axios, attachOAuth2 }, session, profile(session))
    session.expire()
    session.server.fail('token', { status: 400, body: { error: 'invalid_client' } })
    assert.equal(await rejection(name()), 'OAUTH_SERVER_REFUSED')
  })

  test('the whole sign-in', async () => {
    const clock = fakeClock()
    const server = fakeAuthorizationServer({ clock })
    const session = createOAuth2Session({ server: server.metadata, http: server.http, client: { client_id: 'app' }, clock, ...options })
    const { url, transaction } = await createAuthorizationUrl(session, {
      redirect_uri: 'https://app.example.com/callback',
      scope: 'openid profile',
    })
    const authorizationResponse = server.signIn(url, { claims: { sub: 'anna' } })
    const token = await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
    assert.equal(token.scope, 'openid profile')
  })

  const kept = new Map()
  const storage = {
    getItem: key => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: key => void kept.delete(key),
    get length() { return kept.size },
    key: index => [...kept.keys()][index] ?? null,
  }
  const stores = {
    memoryStore: memoryStore(),
    webStorageStore: webStorageStore(globalThis.localStorage ?? storage),
    ...(fileStore ? { fileStore: fileStore(mkdtempSync(join(tmpdir(), 'tokens-'))) } : {}),
  }
  for (const [name, store] of Object.entries(stores)) {
    test(\`faked timers do not hang \${name}\`, async () => {
      useFakeTimers()
      try {
        const clock = fakeClock()
        const server = fakeAuthorizationServer({ clock })
        const session = createOAuth2Session({
          server: server.metadata, http: server.http, client: { client_id: 'app' }, clock, key: 'user', store,
        })
        await saveToken(session, server.issue())
        const { profile: me } = createApplication({ axios, attachOAuth2 }, session, profile({ server }))
        server.revokeAccessTokens()
        assert.equal(await me(), 'Anna')
        clock.advance(3600)
        assert.equal(await me(), 'Anna')
        await session.close()
        assert.equal(server.counts.token, 2)
      } finally {
        useRealTimers()
      }
    })
  }`

const NAMES = {
  'axios-oauth-interceptor':
    '{ attachOAuth2, authorizationCodeGrant, createAuthorizationUrl, createOAuth2Session, fetchToken, memoryStore, saveToken, webStorageStore }',
  'axios-oauth-interceptor/testing':
    '{ fakeAuthorizationServer, fakeClock, fakeSession, lastAuthorization, recordAuthorizations }',
  'node:assert/strict': 'assert',
  'node:fs': '{ mkdtempSync }',
  'node:os': '{ tmpdir }',
  'node:path': '{ join }',
  axios: 'axios',
}

/** The imports of a test file; the file store is for tests that run in Node's own environment. */
function imports(kind: 'require' | 'import', hasFiles: boolean): string {
  const all = { ...NAMES, ...(hasFiles ? { 'axios-oauth-interceptor/stores/file': '{ fileStore }' } : {}) }
  const lines = Object.entries(all).map(([from, names]) =>
    kind === 'import' ? `import ${names} from '${from}'` : `const ${names} = require('${from}')`,
  )
  return [...lines, hasFiles ? '' : 'const fileStore = undefined'].join('\n')
}

const jestFile = (hasFiles: boolean, { options = '{}', fake = '' } = {}) => `
  ${imports('require', hasFiles)}
  ${APPLICATION.replace('export ', '')}
  const options = ${options}
  const useFakeTimers = () => jest.useFakeTimers(${fake})
  const useRealTimers = () => jest.useRealTimers()
  ${TESTS}`

const vitestFile = (hasFiles: boolean) => `
  import { test, vi } from 'vitest'
  ${imports('import', hasFiles)}
  import { createApplication } from './application.mjs'
  const options = {}
  const useFakeTimers = () => vi.useFakeTimers()
  const useRealTimers = () => vi.useRealTimers()
  ${TESTS}`

const nodeTestFile = `
  import { mock, test } from 'node:test'
  ${imports('import', true)}
  import { createApplication } from './application.mjs'
  const options = {}
  const useFakeTimers = () => mock.timers.enable()
  const useRealTimers = () => mock.timers.reset()
  ${TESTS}`

let application: Consumer | undefined
afterEach(() => application?.remove())

/**
 * Fails with the runner's words; the number of tests is asserted, so that a file that was not found is no
 * success.
 */
async function expectAllToPass(passed: RegExp, ...options: string[]): Promise<void> {
  const { status, output } = await (application as Consumer).run(process.execPath, ...options)
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
  expect(output).toMatch(passed)
}

const jests = {
  'Jest 27': join(legacy, 'jest27/bin/jest.js'),
  'Jest 28': join(legacy, 'jest28/bin/jest.js'),
  'Jest 29': join(legacy, 'jest29/bin/jest.js'),
  'Jest 30': join(root, 'node_modules/jest/bin/jest.js'),
}

/** What two old versions need; docs/testing.md says so. */
const needs: Record<string, { options?: string; fake?: string }> = {
  // its environment has no global crypto
  'Jest 27': { options: "{ crypto: require('node:crypto').webcrypto }" },
  // it cannot fake the `performance` of Node 19 and newer
  'Jest 28': { fake: "{ doNotFake: ['performance'] }" },
}

/** Jest 27 ignores `exports`, so it would take the build of axios for browsers. */
const mapped = (name: string): Record<string, string> =>
  name === 'Jest 27' ? { '^axios$': '<rootDir>/node_modules/axios/dist/node/axios.cjs' } : {}

describe('an application’s tests, run from the packed package', () => {
  test.each(Object.entries(jests))('%s', async (name, jest) => {
    application = consumer()
    application.write({
      'package.json': JSON.stringify({
        name: 'application',
        version: '1.0.0',
        jest: { testEnvironment: 'node', transform: {}, moduleNameMapper: mapped(name) },
      }),
      'application.test.js': jestFile(true, needs[name]),
    })
    await expectAllToPass(/Tests:\s+9 passed, 9 total/, jest, '--rootDir', application.folder, '--no-cache')
  })

  test('Jest 30 with jsdom', async () => {
    application = consumer()
    application.write({
      'package.json': JSON.stringify({
        name: 'application',
        version: '1.0.0',
        jest: { testEnvironment: join(root, 'node_modules/jest-environment-jsdom'), transform: {} },
      }),
      'application.test.js': jestFile(false),
    })
    await expectAllToPass(
      /Tests:\s+8 passed, 8 total/,
      jests['Jest 30'],
      '--rootDir',
      application.folder,
      '--no-cache',
    )
  })

  test.each([
    ['node', 9],
    ['jsdom', 8],
  ])('Vitest with the environment %s', async (environment, count) => {
    application = consumer('axios', [], ['vitest', 'jsdom'])
    application.write({
      'package.json': JSON.stringify({ name: 'application', version: '1.0.0', type: 'module' }),
      'application.mjs': APPLICATION,
      'application.test.mjs': vitestFile(environment === 'node'),
    })
    await expectAllToPass(
      new RegExp(`Tests\\s+${count} passed \\(${count}\\)`),
      join(legacy, 'vitest/vitest.mjs'),
      'run',
      `--environment=${environment}`,
      '--no-color',
    )
  })

  test('node:test', async () => {
    application = consumer()
    application.write({ 'application.mjs': APPLICATION, 'application.test.mjs': nodeTestFile })
    await expectAllToPass(
      /# pass 9\b/,
      '--no-warnings',
      '--test',
      '--test-reporter=tap',
      'application.test.mjs',
    )
  })
})
