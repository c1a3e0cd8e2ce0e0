import type { ServerRequest, ServerResponse } from '../../src/server/call.js'
import { discover, discoveryUrls } from '../../src/server/discovery.js'
import { answer, errorOf, NOW } from '../oauth2/support.js'

const ISSUER = 'https://example.com/issuer1'
const OAUTH = 'https://example.com/.well-known/oauth-authorization-server/issuer1'
const INSERTED = 'https://example.com/.well-known/openid-configuration/issuer1'
const APPENDED = 'https://example.com/issuer1/.well-known/openid-configuration'
const metadata = { issuer: ISSUER, token_endpoint: 'https://example.com/token' }

/** Documents by URL; what is not there is a 404. */
function web(documents: Record<string, ServerResponse>) {
  const sent: ServerRequest[] = []
  return {
    sent,
    urls: () => sent.map(({ url }) => url.href),
    context: {
      clock: () => NOW,
      send: async (request: ServerRequest) => {
        sent.push(request)
        return documents[request.url.href] ?? answer(404, 'none')
      },
    },
  }
}

describe('RFC 8414 OAuth 2.0 Authorization Server Metadata', () => {
  test.each([
    ['https://example.com?x', 'OAUTH_INVALID_OPTION'],
    ['https://example.com/?', 'OAUTH_INVALID_OPTION'],
    ['https://example.com/#x', 'OAUTH_INVALID_OPTION'],
    ['http://example.com', 'OAUTH_INSECURE_URL'],
    ['example.com', 'OAUTH_INSECURE_URL'],
  ])(
    'section 2: an issuer is an https URL without query and fragment: %s is not asked',
    async (issuer, code) => {
      const { context, sent } = web({})
      expect((await errorOf(() => discover(issuer)(context))).code).toBe(code)
      expect(sent).toEqual([])
    },
  )

  test('section 2.1: signed metadata, which are not verified here, do not replace the plain ones', async () => {
    const claims = Buffer.from('{"iss":"https://evil.example","token_endpoint":"https://evil.example/token"}')
    const signed_metadata = `eyJhbGciOiJub25lIn0.${claims.toString('base64url')}.`
    const { context } = web({ [OAUTH]: answer(200, { ...metadata, signed_metadata }) })
    expect(await discover(ISSUER)(context)).toEqual({ ...metadata, signed_metadata })
  })

  test.each([
    ['https://example.com', 'https://example.com/.well-known/oauth-authorization-server'],
    ['https://example.com/issuer1', OAUTH],
    ['https://example.com/a/b', 'https://example.com/.well-known/oauth-authorization-server/a/b'],
  ])('section 3: the well-known string is inserted between host and path: %s', (issuer, url) => {
    expect(discoveryUrls(issuer, 'oauth2')).toEqual([url])
  })

  test.each([
    ['https://example.com/', 'https://example.com/.well-known/oauth-authorization-server'],
    ['https://example.com/issuer1/', OAUTH],
  ])('section 3.1: a terminating slash MUST be removed before that: %s', (issuer, url) => {
    expect(discoveryUrls(issuer, 'oauth2')).toEqual([url])
  })

  test('section 3.1: MUST be asked by GET', async () => {
    const { context, sent } = web({ [OAUTH]: answer(200, metadata) })
    await discover(ISSUER)(context)
    expect(sent.map(({ method, url, body }) => [method, url.href, `${body}`])).toEqual([['GET', OAUTH, '']])
  })

  test.each([
    ['another status', answer(201, metadata)],
    ['an error status', answer(500, metadata)],
    ['a redirect', answer(302, metadata)],
    ['a list', answer(200, [metadata])],
    ['a page', answer(200, '<html></html>')],
    ['a string', answer(200, JSON.stringify(JSON.stringify(metadata)))],
  ])(
    'section 3.2: a successful response is a JSON object with the status 200, not %s',
    async (_name, response) => {
      const { context } = web({ [OAUTH]: response })
      expect((await errorOf(() => discover(ISSUER, { algorithm: 'oauth2' })(context))).code).toBe(
        'OAUTH_DISCOVERY_FAILED',
      )
    },
  )

  test.each([
    'https://example.com',
    'https://example.com/issuer1/',
    'https://EXAMPLE.com/issuer1',
    'https://example.com:443/issuer1',
    'https://example.com/issuer%31',
    'https://evil.example/issuer1',
    'http://example.com/issuer1',
  ])('section 3.3: the issuer MUST be identical, else the document is not used: %s', async issuer => {
    const { context } = web({ [OAUTH]: answer(200, { ...metadata, issuer }) })
    expect((await errorOf(() => discover(ISSUER)(context))).code).toBe('OAUTH_ISSUER_MISMATCH')
  })

  test('section 4: JSON escapes are removed before the comparison', async () => {
    const text = JSON.stringify(metadata).replace('issuer1', '\\u0069ssuer1').replaceAll('/', '\\/')
    const { context } = web({ [OAUTH]: answer(200, text) })
    expect(await discover(ISSUER)(context)).toEqual(metadata)
  })

  test('section 4: Unicode normalisation MUST NOT be applied to either side', async () => {
    const composed = 'https://example.com/caf\u00e9'
    const decomposed = composed.normalize('NFD')
    for (const [asked, told] of [
      [composed, decomposed],
      [decomposed, composed],
    ] as const) {
      const { context } = web({
        [discoveryUrls(asked)[0] as string]: answer(200, { ...metadata, issuer: told }),
      })
      expect((await errorOf(() => discover(asked)(context))).code).toBe('OAUTH_ISSUER_MISMATCH')
    }
    const { context } = web({
      [discoveryUrls(composed)[0] as string]: answer(200, { ...metadata, issuer: composed }),
    })
    expect(await discover(composed)(context)).toMatchObject({ issuer: composed })
  })

  test('section 5: the places of OpenID Connect come after, the inserted one before the appended one', async () => {
    const { context, urls } = web({ [APPENDED]: answer(200, metadata) })
    expect(await discover(ISSUER)(context)).toEqual(metadata)
    expect(urls()).toEqual([OAUTH, INSERTED, APPENDED])
  })

  test('section 6.1: TLS MUST be used: the document of an http issuer is not asked for, its endpoints neither', async () => {
    const { context, sent } = web({
      'http://example.com/.well-known/oauth-authorization-server': answer(200, {
        issuer: 'http://example.com',
      }),
    })
    expect((await errorOf(() => discover('http://example.com')(context))).code).toBe('OAUTH_INSECURE_URL')
    expect(sent).toEqual([])
  })

  test("section 6.2: MUST ensure that the document is not another issuer's with other endpoints", async () => {
    const evil = { issuer: 'https://honest.example', token_endpoint: 'https://evil.example/token' }
    const known = 'https://evil.example/.well-known/'
    const { context } = web({
      [`${known}oauth-authorization-server`]: answer(200, evil),
      [`${known}openid-configuration`]: answer(200, evil),
    })
    expect((await errorOf(() => discover('https://evil.example')(context))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
  })
})
