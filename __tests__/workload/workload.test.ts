import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axios from 'axios'
import {
  attachOAuth2,
  clientCredentialsGrant,
  createOAuth2Session,
  isOAuthError,
  tokenExchangeGrant,
} from 'axios-oauth-interceptor'
import { jwtBearerGrant } from 'axios-oauth-interceptor/jwt'
import {
  clientAssertion,
  environmentToken,
  executableToken,
  firstOf,
  githubActionsToken,
  metadataServerToken,
  sourceGrant,
  tokenFile,
} from 'axios-oauth-interceptor/workload'
import { json, listen, type RunningServer, readBody } from '../servers/http'

const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const unsigned = (claims: object) =>
  `${btoa('{"alg":"none"}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

let folder: string
let server: RunningServer
let seen: { path: string; headers: NodeJS.Dict<string | string[]>; body: URLSearchParams }[]
let now: number

/**
 * A token server (`/token`), a metadata server (`/identity`, `/json`), GitHub's address (`/actions`) and an
 * API (`/me`).
 */
async function start(): Promise<RunningServer> {
  return listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback')
    const body = new URLSearchParams(String(await readBody(request)))
    const { headers } = request
    seen.push({ path: pathname, headers, body })
    if (pathname === '/token')
      return json(response, 200, {
        access_token: `access-${seen.length}`,
        token_type: 'Bearer',
        expires_in: 600,
      })
    if (pathname === '/me') return json(response, 200, { authorization: headers.authorization })
    if (pathname === '/identity' && headers['metadata-flavor'] === 'Google') {
      response.end(` id-for-${searchParams.get('audience')}\n`)
      return
    }
    if (pathname === '/json') return json(response, 200, { access_token: 'from-json', expires_in: '86399' })
    if (pathname === '/actions' && headers.authorization === 'Bearer request-secret')
      return json(response, 200, {
        value: `actions-for-${searchParams.get('audience')}`,
        api: searchParams.get('v'),
      })
    if (pathname === '/moved') {
      response.writeHead(302, { location: '/identity?audience=moved' }).end()
      return
    }
    if (pathname === '/silent') return // never answers
    json(response, 403, { message: 'echo request-secret' })
  })
}

beforeEach(async () => {
  seen = []
  now = 1_800_000_000
  folder = await mkdtemp(join(tmpdir(), 'workload-'))
  server = await start()
})
afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const write = async (text: string, name = 'token') => {
  const path = join(folder, name)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}
const codeOf = (promise: Promise<unknown>) => promise.then(String, error => error.code)
/** A session of this server whose clock the test turns, and an instance that it is attached to. */
function application(options: Partial<Parameters<typeof createOAuth2Session>[0]>) {
  const session = createOAuth2Session({
    server: { issuer: server.url, token_endpoint: `${server.url}/token` },
    client: { client_id: 'worker' },
    clock: () => now,
    ...options,
  })
  const api = axios.create({ baseURL: server.url })
  attachOAuth2(api, session)
  return api
}
const tokenCalls = () =>
  seen.filter(({ path }) => path === '/token').map(({ body }) => Object.fromEntries(body))

describe('a file', () => {
  test('is read again for every token request, so that it notices a rotated token', async () => {
    const path = await write('first\n')
    const grant = tokenExchangeGrant({ subject_token: tokenFile(path), subject_token_type: JWT })
    const api = application({ grant })
    await api.get('/me')
    await write('second')
    await api.get('/me')
    now += 700
    await api.get('/me')
    expect(tokenCalls().map(({ subject_token }) => subject_token)).toEqual(['first', 'second'])
    expect(tokenCalls()[0]).toMatchObject({ subject_token_type: JWT, client_id: 'worker' })
  })

  test('may be JSON', async () => {
    const path = await write('{"token":"inner","other":1}')
    expect(await tokenFile(path, { member: 'token' })()).toBe('inner')
    expect(await codeOf(tokenFile(path, { member: 'other' })())).toBe('OAUTH_SOURCE_FAILED')
  })

  test('that is missing is absent; an empty or unreadable one is not', async () => {
    expect(await codeOf(tokenFile(join(folder, 'nothing'))())).toBe('OAUTH_SOURCE_ABSENT')
    expect(await codeOf(tokenFile(await write(' \n'))())).toBe('OAUTH_SOURCE_FAILED')
    expect(await codeOf(tokenFile(folder)())).toBe('OAUTH_SOURCE_FAILED')
  })

  test('that is no JSON is never shown', async () => {
    const path = await write('very-secret-token')
    const error = await tokenFile(path, { member: 'token' })().catch(failure => failure)
    expect(error.code).toBe('OAUTH_SOURCE_FAILED')
    expect(`${error.message}${JSON.stringify(error)}${error.cause}`).not.toContain('very-secret')
  })
})

describe('the environment', () => {
  test('is read at each call', async () => {
    const environment: Record<string, string> = {}
    const source = environmentToken('ID_TOKEN', { environment })
    expect(await codeOf(source())).toBe('OAUTH_SOURCE_ABSENT')
    environment.ID_TOKEN = 'set'
    expect(await source()).toBe('set')
  })

  test('of the process is the default', async () => {
    process.env.WORKLOAD_TEST_TOKEN = 'of the process'
    expect(await environmentToken('WORKLOAD_TEST_TOKEN')()).toBe('of the process')
    delete process.env.WORKLOAD_TEST_TOKEN
  })
})

describe('GitHub Actions', () => {
  const environment = () => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/actions?v=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
  })

  test('gives a token for an audience, and keeps the query of the address', async () => {
    const source = githubActionsToken({ audience: 'https://api.example/v1?a=b', environment: environment() })
    expect(await source()).toBe('actions-for-https://api.example/v1?a=b')
  })

  test.each(['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
    'is absent without %s, and nothing is asked',
    async name => {
      const part = { ...environment(), [name]: undefined }
      expect(await codeOf(githubActionsToken({ environment: part })())).toBe('OAUTH_SOURCE_ABSENT')
      expect(seen).toEqual([])
    },
  )

  test('is never asked over plain http', async () => {
    const insecure = { ...environment(), ACTIONS_ID_TOKEN_REQUEST_URL: 'http://actions.example/token' }
    expect(await codeOf(githubActionsToken({ environment: insecure })())).toBe('OAUTH_INSECURE_URL')
  })

  test('the error of a refusal contains no part of the request', async () => {
    const wrong = { ...environment(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another-secret' }
    const error = await githubActionsToken({ environment: wrong })().catch(failure => failure)
    expect(error).toMatchObject({ code: 'OAUTH_SOURCE_FAILED', status: 403 })
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(/secret/)
  })
})

test('GitHub Actions that breaks off has failed, so that no weaker identity replaces it', async () => {
  const gone = await listen(request => void request.socket.destroy())
  const environment = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${gone.url}/actions`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-secret',
  }
  const next = jest.fn(async () => 'a weaker identity')
  expect(await codeOf(firstOf(githubActionsToken({ environment }), next)())).toBe('OAUTH_SOURCE_FAILED')
  expect(next).not.toHaveBeenCalled()
  await gone.stop()
})

describe('a metadata server', () => {
  const headers = { 'Metadata-Flavor': 'Google' }

  test('answers a text or JSON', async () => {
    expect(await metadataServerToken({ url: `${server.url}/identity?audience=api`, headers })()).toBe(
      'id-for-api',
    )
    expect(await metadataServerToken({ url: `${server.url}/json`, member: 'access_token' })()).toBe(
      'from-json',
    )
  })

  test('that is not there is absent', async () => {
    const { url } = server
    await server.stop()
    expect(await codeOf(metadataServerToken({ url })())).toBe('OAUTH_SOURCE_ABSENT')
    server = await start()
  })

  test('that does not answer in time is absent', async () => {
    expect(await codeOf(metadataServerToken({ url: `${server.url}/silent`, timeout: 0.05 })())).toBe(
      'OAUTH_SOURCE_ABSENT',
    )
  })

  test('that breaks off in its answer is there, and has failed', async () => {
    const cut = await listen((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
    })
    expect(await codeOf(metadataServerToken({ url: cut.url })())).toBe('OAUTH_SOURCE_FAILED')
    await cut.stop()
  })

  test('that answers without an end has failed', async () => {
    const endless = await listen((_, response) => {
      const more = (): void => void response.write('x'.repeat(65_536), error => error || more())
      more()
    })
    expect(await codeOf(metadataServerToken({ url: endless.url, timeout: 30 })())).toBe('OAUTH_SOURCE_FAILED')
    await endless.stop()
  })

  test('that refuses or redirects fails: the header goes nowhere else', async () => {
    expect(await codeOf(metadataServerToken({ url: `${server.url}/identity` })())).toBe('OAUTH_SOURCE_FAILED')
    expect(await codeOf(metadataServerToken({ url: `${server.url}/moved`, headers })())).toBe(
      'OAUTH_SOURCE_FAILED',
    )
    expect(seen.map(({ path }) => path)).toEqual(['/identity', '/moved'])
  })
})

describe('a program', () => {
  const program = async (text: string) => {
    const path = await write(`#!/bin/sh\n${text}\n`, 'program')
    await chmod(path, 0o700)
    return path
  }

  test('prints a token, and gets its arguments without a shell', async () => {
    expect(await executableToken(await program('echo "$1"'), { args: ['$(echo injected) ; x'] })()).toBe(
      '$(echo injected) ; x',
    )
  })

  test('prints JSON as for the libraries of Google', async () => {
    const path = await program(`echo '{"version":1,"success":true,"id_token":"from-program"}'`)
    expect(await executableToken(path, { member: 'id_token' })()).toBe('from-program')
  })

  test('that says so, fails, is late or prints nothing has no token', async () => {
    const told = await program(`echo '{"version":1,"success":false,"code":"401","message":"no"}'`)
    expect(await codeOf(executableToken(told)())).toBe('OAUTH_SOURCE_FAILED')
    const failing = await program('echo very-secret; exit 3')
    const error = await executableToken(failing)().catch(failure => failure)
    expect(error.message).toMatch(/exit code 3/)
    expect(`${error.message}${error.cause}`).not.toContain('very-secret')
    const deaf = await program('trap "" TERM; while :; do :; done')
    expect(await codeOf(executableToken(deaf, { timeout: 0.3 })())).toBe('OAUTH_SOURCE_FAILED')
    expect(await codeOf(executableToken(await program('exec sleep 5'), { timeout: 0.05 })())).toBe(
      'OAUTH_SOURCE_FAILED',
    )
    expect(await codeOf(executableToken(await program(''))())).toBe('OAUTH_SOURCE_FAILED')
  })

  test('that does not exist is absent', async () => {
    expect(await codeOf(executableToken(join(folder, 'no-program'))())).toBe('OAUTH_SOURCE_ABSENT')
  })
})

describe('firstOf', () => {
  test('goes on to the next source where one is absent', async () => {
    const source = firstOf(
      githubActionsToken({ environment: {} }),
      tokenFile(join(folder, 'nothing')),
      environmentToken('TOKEN', { environment: { TOKEN: 'third' } }),
    )
    expect(await source()).toBe('third')
  })

  test('stops at a source that is here and fails', async () => {
    const path = await write('')
    const next = jest.fn(async () => 'a weaker identity')
    expect(await codeOf(firstOf(tokenFile(path), next)())).toBe('OAUTH_SOURCE_FAILED')
    expect(next).not.toHaveBeenCalled()
  })

  test('names all that is absent', async () => {
    const error = await firstOf(tokenFile('/no/such'), environmentToken('NONE', { environment: {} }))().catch(
      e => e,
    )
    expect(isOAuthError(error, 'OAUTH_SOURCE_ABSENT')).toBe(true)
    expect(error.message).toMatch(/\/no\/such.*NONE/)
  })

  test('is a chain of grants too, which the session asks again', async () => {
    const path = join(folder, 'token')
    const grant = firstOf(
      tokenExchangeGrant({ subject_token: tokenFile(path), subject_token_type: JWT }),
      clientCredentialsGrant({ scope: 'read' }),
    )
    const api = application({ grant })
    await api.get('/me')
    await write('appeared')
    now += 700
    await api.get('/me')
    expect(tokenCalls().map(({ grant_type }) => grant_type)).toEqual([
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ])
  })
})

describe('clientAssertion', () => {
  test.each([
    [undefined, 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['jwt-spiffe', 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'],
    ['urn:example:wit', 'urn:example:wit'],
  ] as const)('RFC 7521 4.2: type %s is sent as %s, with a fresh statement each time', async (type, urn) => {
    const path = await write('statement-1')
    const clientAuth = clientAssertion({ assertion: tokenFile(path), ...(type && { type }) })
    const api = application({ clientAuth, grant: clientCredentialsGrant() })
    await api.get('/me')
    await write('statement-2')
    now += 700
    await api.get('/me')
    expect(tokenCalls()).toEqual(
      ['statement-1', 'statement-2'].map(client_assertion => ({
        grant_type: 'client_credentials',
        client_assertion_type: urn,
        client_assertion,
        client_id: 'worker',
      })),
    )
  })

  test('may leave the client_id out, and may be a text', async () => {
    const clientAuth = clientAssertion({ assertion: 'fixed', type: 'jwt-spiffe', includeClientId: false })
    await application({ clientAuth, grant: clientCredentialsGrant() }).get('/me')
    expect(tokenCalls()[0]).not.toHaveProperty('client_id')
    expect(tokenCalls()[0]).toMatchObject({ client_assertion: 'fixed' })
  })

  test('a request waits for nothing that is absent: the error names it', async () => {
    const clientAuth = clientAssertion({ assertion: tokenFile('/no/such') })
    const api = application({ clientAuth, grant: clientCredentialsGrant() })
    const error = await api.get('/me').catch(failure => failure)
    expect(error.cause).toMatchObject({ code: 'OAUTH_SOURCE_ABSENT' })
    expect(tokenCalls()).toEqual([])
  })
})

test('RFC 7523 2.1: a source is the assertion of jwtBearerGrant', async () => {
  const path = await write('assertion')
  await application({ grant: jwtBearerGrant({ assertion: tokenFile(path) }) }).get('/me')
  expect(tokenCalls()[0]).toMatchObject({ assertion: 'assertion' })
})

describe('sourceGrant', () => {
  test('takes the platform’s token as it is, and knows when a JWT expires', async () => {
    const first = unsigned({ exp: now + 300 })
    await write(first)
    const api = application({ grant: sourceGrant(tokenFile(join(folder, 'token'))) })
    expect((await api.get('/me')).data.authorization).toBe(`Bearer ${first}`)
    const second = unsigned({ exp: now + 3000 })
    await write(second)
    expect((await api.get('/me')).data.authorization).toBe(`Bearer ${first}`)
    now += 300
    expect((await api.get('/me')).data.authorization).toBe(`Bearer ${second}`)
    expect(tokenCalls()).toEqual([])
  })

  test('uses another token until it is refused', async () => {
    const source = jest.fn(async () => 'opaque')
    const api = application({ grant: sourceGrant(source) })
    await api.get('/me')
    now += 1_000_000
    await api.get('/me')
    expect(source).toHaveBeenCalledTimes(1)
  })
})
