import { createAuthorizationUrl } from '../../src/authorization/request.js'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.js'
import type { ServerRequest, ServerResponse } from '../../src/server/call.js'
import { type DiscoveryOptions, discover, discoveryUrls } from '../../src/server/discovery.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { answer, errorOf, NOW } from '../oauth2/support.js'
import { recordingStore } from '../support/fake-server.js'

/**
 * Metadata documents that are wrong in one way each: no token is asked for or stored, and the next good
 * document serves.
 */
const ISSUER = 'https://as.example/tenant'
const good = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  revocation_endpoint: `${ISSUER}/revoke`,
}

/** A session that discovers its server, with documents that the test changes. */
async function world(discovery: DiscoveryOptions) {
  const requests: ServerRequest[] = []
  const { store, writes } = recordingStore()
  const state = { document: answer(200, good) as ServerResponse }
  const places = discoveryUrls(ISSUER, discovery.algorithm)
  const session = createSession(
    {
      server: discover(ISSUER, discovery),
      client: { client_id: 'app', client_secret: 'hush' },
      store,
      clock: () => NOW,
    },
    {
      http: {} as never,
      send: async request => {
        if (request.endpoint === 'discovery')
          return places.includes(request.url.href) ? state.document : answer(404, 'none')
        requests.push(request)
        return answer(200, { access_token: `a${requests.length}`, token_type: 'Bearer' })
      },
    },
  )
  await fetchToken(session, async () => ({ access_token: 'old', refresh_token: 'old-r' }))
  writes.length = 0
  return { session, requests, writes, state }
}

const NONE = 'OAUTH_DISCOVERY_FAILED'
const OTHER = 'OAUTH_ISSUER_MISMATCH'
const PLAIN = 'OAUTH_INSECURE_URL'
const MISSING = 'OAUTH_ENDPOINT_MISSING'
const changed = (changes: Record<string, unknown>) => answer(200, { ...good, ...changes })
const text = JSON.stringify(good)

const table: Record<string, [code: string, document: ServerResponse]> = {
  'no document': [NONE, answer(404, 'none')],
  'an error of the server': [NONE, answer(500, good)],
  'a redirect': [NONE, answer(302, '', { location: 'https://evil.example' })],
  'another good status': [NONE, answer(201, good)],
  'nothing in it': [NONE, answer(200, '')],
  'a page': [NONE, answer(200, '<!doctype html><title>Sign in</title>')],
  'half of it': [NONE, answer(200, text.slice(0, -20))],
  'something after it': [NONE, answer(200, `${text}}`)],
  'it twice': [NONE, answer(200, text + text)],
  'a list': [NONE, answer(200, [good])],
  null: [NONE, answer(200, 'null')],
  'a text': [NONE, answer(200, JSON.stringify(text))],
  'it one level down': [NONE, answer(200, { metadata: good })],
  'no issuer': [NONE, changed({ issuer: undefined })],
  'an issuer that is null': [NONE, changed({ issuer: null })],
  'an issuer that is a list': [NONE, changed({ issuer: [ISSUER] })],
  'an issuer that is an object': [NONE, changed({ issuer: { toString: ISSUER } })],
  'an empty issuer': [OTHER, changed({ issuer: '' })],
  'another issuer': [OTHER, changed({ issuer: 'https://evil.example' })],
  'the issuer of the host': [OTHER, changed({ issuer: 'https://as.example' })],
  'the issuer of another tenant': [OTHER, changed({ issuer: 'https://as.example/tenant2' })],
  'a slash more': [OTHER, changed({ issuer: `${ISSUER}/` })],
  'the host in capitals': [OTHER, changed({ issuer: ISSUER.replace('as', 'AS') })],
  'the port written out': [OTHER, changed({ issuer: ISSUER.replace('example', 'example:443') })],
  'http for https': [OTHER, changed({ issuer: ISSUER.replace('https', 'http') })],
  'a query at the issuer': [OTHER, changed({ issuer: `${ISSUER}?x` })],
  'a fragment at the issuer': [OTHER, changed({ issuer: `${ISSUER}#x` })],
  'a space after the issuer': [OTHER, changed({ issuer: `${ISSUER} ` })],
  'a template for the issuer': [OTHER, changed({ issuer: 'https://as.example/{tenantid}' })],
  'the issuer twice, the last another': [
    OTHER,
    answer(200, text.replace(/}$/, ',"issuer":"https://evil.example"}')),
  ],
  'Issuer for issuer': [NONE, answer(200, text.replace('"issuer"', '"Issuer"'))],
  'no endpoints': [MISSING, answer(200, { issuer: ISSUER })],
  'empty endpoints': [MISSING, changed({ token_endpoint: '', authorization_endpoint: '' })],
  'endpoints that are null': [MISSING, changed({ token_endpoint: null, authorization_endpoint: null })],
  'endpoints over http': [
    PLAIN,
    changed({ token_endpoint: 'http://as.example/t', authorization_endpoint: 'http://as.example/a' }),
  ],
  'endpoints that are relative': [PLAIN, changed({ token_endpoint: '/t', authorization_endpoint: '/a' })],
  'endpoints of another scheme': [
    PLAIN,
    changed({ token_endpoint: 'javascript:alert(1)', authorization_endpoint: 'javascript:alert(1)' }),
  ],
  'endpoints that are files': [
    PLAIN,
    changed({ token_endpoint: 'file:///etc/passwd', authorization_endpoint: 'file:///etc/passwd' }),
  ],
  'endpoints that are numbers': [PLAIN, changed({ token_endpoint: 5, authorization_endpoint: 5 })],
  'endpoints that are objects': [PLAIN, changed({ token_endpoint: {}, authorization_endpoint: {} })],
}

describe.each([
  ['OAuth (RFC 8414)', { algorithm: 'oauth2' }],
  ['OpenID Connect', { algorithm: 'oidc' }],
  ['either', {}],
] as Array<[string, DiscoveryOptions]>)('a document of %s with', (_kind, discovery) => {
  test.each(Object.entries(table))('%s', async (_name, [code, document]) => {
    // read again for every call, so that the next document is seen at once
    const { session, requests, writes, state } = await world({ ...discovery, maxAge: 0 })
    const before = JSON.stringify(await session.token())
    state.document = document
    const asks = [
      () => fetchToken(session, clientCredentialsGrant()),
      () => createAuthorizationUrl(session, { redirect_uri: 'https://app.example/cb' }),
      () => createAuthorizationUrl(session, { redirect_uri: 'https://app.example/cb' }, { push: true }),
    ]
    for (const ask of asks.slice(0, 2)) expect((await errorOf(ask)).code).toBe(code)
    await errorOf(asks[2] as () => Promise<unknown>)
    expect(requests).toEqual([])
    expect(writes).toEqual([])
    expect(JSON.stringify(await session.token())).toBe(before)

    state.document = answer(200, good)
    expect(await fetchToken(session, clientCredentialsGrant())).toMatchObject({ access_token: 'a1' })
    expect(requests.map(({ url }) => url.href)).toEqual([good.token_endpoint])
    expect(writes).toEqual(['set'])
    const { url } = await createAuthorizationUrl(session, { redirect_uri: 'https://app.example/cb' })
    expect(url.startsWith(`${good.authorization_endpoint}?`)).toBe(true)
  })

  test.each(Object.entries(table).filter(([, [code]]) => code === NONE || code === OTHER))(
    '%s, after a good one: that one serves on',
    async (_name, [, document]) => {
      const { session, requests, state } = await world({ ...discovery, maxAge: 0 })
      await fetchToken(session, clientCredentialsGrant())
      state.document = document
      expect(await fetchToken(session, clientCredentialsGrant())).toMatchObject({ access_token: 'a2' })
      expect(new Set(requests.map(({ url }) => url.href))).toEqual(new Set([good.token_endpoint]))
    },
  )
})

test('what a document says of prototypes says it of itself alone', async () => {
  const { session, state } = await world({ maxAge: 0 })
  state.document = answer(
    200,
    text.replace(/}$/, ',"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  )
  await fetchToken(session, clientCredentialsGrant())
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})
