import * as oauth4webapi from 'oauth4webapi'
import { OAuthError } from '../../src/errors.js'
import type { Send, ServerRequest, ServerResponse } from '../../src/server/call.js'
import { discover, discoveryUrls } from '../../src/server/discovery.js'
import { isIssuedBy } from '../../src/server/issuer.js'
import { answer, errorOf, NOW, nodeSend } from '../oauth2/support.js'
import { json, listen } from '../servers/http.js'

const issuer = 'https://as.example'
const document = { issuer, token_endpoint: `${issuer}/token`, extra: [1] }

/** A world of documents by URL; what is not there is a 404. */
function world(pages: Record<string, ServerResponse | OAuthError>) {
  const time = { now: NOW }
  const sent: ServerRequest[] = []
  const send: Send = async request => {
    sent.push(request)
    const page = pages[request.url.href]
    if (page instanceof OAuthError) throw page
    return page ?? answer(404, '<html>Not found</html>')
  }
  return {
    context: { send, clock: () => time.now },
    time,
    sent,
    urls: () => sent.map(request => request.url.href),
  }
}
const oauth2Url = `${issuer}/.well-known/oauth-authorization-server`
const oidcUrl = `${issuer}/.well-known/openid-configuration`

describe('the places', () => {
  it.each([
    ['https://as.example', [oauth2Url, oidcUrl]],
    ['https://as.example/', [oauth2Url, oidcUrl]],
    [
      'https://as.example/a/b',
      [`${oauth2Url}/a/b`, `${oidcUrl}/a/b`, 'https://as.example/a/b/.well-known/openid-configuration'],
    ],
    [
      'https://as.example:8443/a/',
      [
        'https://as.example:8443/.well-known/oauth-authorization-server/a',
        'https://as.example:8443/.well-known/openid-configuration/a',
        'https://as.example:8443/a/.well-known/openid-configuration',
      ],
    ],
  ])('of %s', (issuer, urls) => {
    expect(discoveryUrls(issuer)).toEqual(urls)
  })

  it.each(['https://as.example', 'https://as.example/', 'https://as.example/a/b', 'https://as.example/a/'])(
    'of %s begin where oauth4webapi looks',
    async issuer => {
      for (const algorithm of ['oauth2', 'oidc'] as const) {
        let asked = ''
        await oauth4webapi.discoveryRequest(new URL(issuer), {
          algorithm,
          [oauth4webapi.customFetch]: async url => {
            asked = url
            return new Response('{}')
          },
        })
        expect(discoveryUrls(issuer, algorithm)[0]).toBe(asked)
      }
    },
  )

  it('of one kind only', () => {
    expect(discoveryUrls('https://as.example/a', 'oauth2')).toEqual([`${oauth2Url}/a`])
    expect(discoveryUrls('https://as.example/a', 'oidc')).toEqual([
      'https://as.example/a/.well-known/openid-configuration',
      `${oidcUrl}/a`,
    ])
  })

  it('of something that is no issuer', async () => {
    for (const wrong of [
      'https://a/?x',
      'https://a/#x',
      'https://u@a/',
      'https://u:p@a/',
      'https://:p@a/',
      'https://a?',
      'https://a#',
    ])
      expect((await errorOf(() => discoveryUrls(wrong))).code).toBe('OAUTH_INVALID_OPTION')
    for (const wrong of ['http://as.example', 'as.example', ''])
      expect((await errorOf(() => discoveryUrls(wrong))).code).toBe('OAUTH_INSECURE_URL')
    expect(discoveryUrls('http://as.example', 'oauth2', ['http://as.example'])).toHaveLength(1)
    expect(discoveryUrls('http://127.0.0.1:1', 'oauth2')).toHaveLength(1)
  })
})

describe('a document', () => {
  it('is asked for with GET and kept whole', async () => {
    const { context, sent } = world({ [oauth2Url]: answer(200, document) })
    const source = discover(issuer, { headers: { 'X-A': 'b' }, timeout: 3 })
    expect(source.issuer).toBe(issuer)
    expect(await source(context)).toEqual(document)
    expect(sent[0]).toMatchObject({
      endpoint: 'discovery',
      method: 'GET',
      headers: { Accept: 'application/json', 'X-A': 'b' },
      timeout: 3,
    })
    expect(`${sent[0]?.body}`).toBe('')
  })

  it('is not asked for before it is needed, and then once for everybody', async () => {
    const { context, sent } = world({ [oauth2Url]: answer(200, document) })
    const source = discover(issuer)
    expect(sent).toHaveLength(0)
    const all = await Promise.all([source(context), source(context), source(context)])
    expect(new Set(all).size).toBe(1)
    expect(await source(context)).toBe(all[0])
    expect(sent).toHaveLength(1)
  })

  it('may be in another place', async () => {
    for (const missing of [
      answer(404, ''),
      answer(200, '<!doctype html><title>App</title>'),
      answer(200, []),
      answer(200, { hello: 'world' }),
      answer(302, ''),
      answer(503, ''),
      new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'no answer, or CORS'),
    ]) {
      const { context, urls } = world({ [oauth2Url]: missing, [oidcUrl]: answer(200, document) })
      expect(await discover(issuer)(context)).toEqual(document)
      expect(urls()).toEqual([oauth2Url, oidcUrl])
    }
  })

  it('loses against what the application says', async () => {
    const { context } = world({ [oauth2Url]: answer(200, document) })
    const metadata = { token_endpoint: 'https://proxy.example/token', userinfo_endpoint: 'https://u.example' }
    expect(await discover(issuer, { metadata })(context)).toEqual({ ...document, ...metadata })
  })
})

describe('another issuer’s document', () => {
  it.each([
    'https://as.example/',
    'https://AS.example',
    'https://as.example:443',
    'https://evil.example',
    'http://as.example',
  ])('E6: %s is refused', async other => {
    const { context } = world({
      [oauth2Url]: answer(200, { ...document, issuer: other }),
      [oidcUrl]: answer(200, { ...document, issuer: other }),
    })
    expect((await errorOf(() => discover(issuer)(context))).code).toBe('OAUTH_ISSUER_MISMATCH')
  })

  it('does not stand in the way of the right one', async () => {
    const { context } = world({
      [`${oauth2Url}/tenant`]: answer(200, document),
      [`${issuer}/tenant/.well-known/openid-configuration`]: answer(200, {
        ...document,
        issuer: `${issuer}/tenant`,
      }),
    })
    expect(await discover(`${issuer}/tenant`)(context)).toMatchObject({ issuer: `${issuer}/tenant` })
  })

  it('is told before a place where there is none', async () => {
    const { context } = world({ [oauth2Url]: answer(200, { ...document, issuer: 'https://evil.example' }) })
    expect((await errorOf(() => discover(issuer)(context))).code).toBe('OAUTH_ISSUER_MISMATCH')
  })
})

describe('a failure', () => {
  it.each([
    ['nothing', answer(404, ''), 404],
    ['a page', answer(200, '<html>'), 200],
    ['a list', answer(200, [document]), 200],
    ['null', answer(200, 'null'), 200],
    ['an empty body', answer(200, ''), 200],
    ['an issuer that is no text', answer(200, { ...document, issuer: [issuer] }), 200],
    ['no issuer', answer(200, { ...document, issuer: undefined }), 200],
    ['another good status', answer(201, document), 201],
  ])('%s', async (_, page, status) => {
    const { context } = world({ [oauth2Url]: page, [oidcUrl]: page })
    const error = await errorOf(() => discover(issuer)(context))
    expect(error).toMatchObject({ code: 'OAUTH_DISCOVERY_FAILED', status })
    expect(error.message).toContain(oidcUrl)
  })

  it('keeps what the server said about trying again', async () => {
    const page = answer(503, '', { 'retry-after': '7' })
    const { context } = world({ [oauth2Url]: page, [oidcUrl]: page })
    expect(await errorOf(() => discover(issuer)(context))).toMatchObject({
      code: 'OAUTH_DISCOVERY_FAILED',
      status: 503,
      retryAfter: 7,
      cause: { code: 'OAUTH_SERVER_UNAVAILABLE' },
    })
  })

  it('is shared by those who wait, and forgotten', async () => {
    const pages: Record<string, ServerResponse> = {}
    const { context, sent } = world(pages)
    const source = discover(issuer)
    const failed = await Promise.allSettled([source(context), source(context)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(sent).toHaveLength(2)
    pages[oauth2Url] = answer(200, document)
    expect(await source(context)).toEqual(document)
  })

  it('of an issuer that must not be asked is forgotten too', async () => {
    const { context, sent } = world({
      'http://as.example/.well-known/oauth-authorization-server': answer(200, {
        issuer: 'http://as.example',
      }),
    })
    const source = discover('http://as.example')
    for (let time = 0; time < 2; time++)
      expect((await errorOf(() => source(context))).code).toBe('OAUTH_INSECURE_URL')
    expect(sent).toEqual([])
    expect(await source({ ...context, allowInsecure: true })).toEqual({ issuer: 'http://as.example' })
  })
})

describe('maxAge', () => {
  it('E6: has the document read again, and the old one kept where that fails', async () => {
    const pages: Record<string, ServerResponse> = { [oauth2Url]: answer(200, document) }
    const { context, time, sent } = world(pages)
    const source = discover(issuer, { maxAge: 100 })
    await source(context)
    time.now += 99
    await source(context)
    expect(sent).toHaveLength(1)
    time.now += 1
    pages[oauth2Url] = answer(200, { ...document, extra: 2 })
    expect(await source(context)).toMatchObject({ extra: 2 })
    expect(sent).toHaveLength(2)
    time.now += 100
    delete pages[oauth2Url]
    expect(await source(context)).toMatchObject({ extra: 2 })
    expect(sent).toHaveLength(4)
    time.now += 59
    expect(await source(context)).toMatchObject({ extra: 2 })
    expect(sent).toHaveLength(4)
    time.now += 1
    pages[oauth2Url] = answer(200, { ...document, extra: 3 })
    expect(await source(context)).toMatchObject({ extra: 3 })
  })

  it('is endless by default', async () => {
    const { context, time, sent } = world({ [oauth2Url]: answer(200, document) })
    const source = discover(issuer)
    await source(context)
    time.now += 1e9
    await source(context)
    expect(sent).toHaveLength(1)
  })
})

it('over a socket', async () => {
  const paths: (string | undefined)[] = []
  const server = await listen((request, response) => {
    paths.push(request.url)
    if (request.url === '/tenant/.well-known/openid-configuration')
      json(response, 200, { issuer: `${server.url}/tenant` })
    else json(response, 404, {})
  })
  try {
    const source = discover(`${server.url}/tenant`)
    expect(await source({ send: nodeSend, clock: () => NOW })).toEqual({ issuer: `${server.url}/tenant` })
    expect(paths).toEqual([
      '/.well-known/oauth-authorization-server/tenant',
      '/.well-known/openid-configuration/tenant',
      '/tenant/.well-known/openid-configuration',
    ])
  } finally {
    await server.stop()
  }
})

it('a mistake of the application’s own transport is told as it is, and no other place is asked', async () => {
  const mistake = new TypeError('fetch is not a function')
  const send = jest.fn(() => Promise.reject(mistake))
  await expect(async () => discover(issuer)({ send, clock: () => NOW })).rejects.toBe(mistake)
  expect(send).toHaveBeenCalledTimes(1)
})

describe('a public server', () => {
  const hosts = [
    'localhost',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    '[::ffff:10.0.0.1]',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '[fd00::1]',
    '[fe80::1]',
    'db.internal',
    'printer.local.',
  ]
  const read = (
    members: object,
    options: Parameters<typeof discover>[1] = {},
    allowInsecure?: string[],
    name = issuer,
    at = oauth2Url,
  ) => {
    const { context } = world({ [at]: answer(200, { ...document, issuer: name, ...members }) })
    return Promise.resolve(discover(name, options)({ ...context, allowInsecure }))
  }

  it.each(hosts)('does not send us to %s', async host => {
    for (const name of ['token_endpoint', 'jwks_uri', 'introspection_endpoint']) {
      const error = await errorOf(() => read({ [name]: `https://${host}/x` }))
      expect(error).toMatchObject({ code: 'OAUTH_INSECURE_URL', message: expect.stringContaining(name) })
    }
    const aliases = { mtls_endpoint_aliases: { token_endpoint: `https://${host}/x` } }
    expect(await errorOf(() => read(aliases))).toMatchObject({ code: 'OAUTH_INSECURE_URL' })
  })

  it.each(['8.8.8.8', '172.32.0.1', '[2606:4700::1]', 'localhost.example', 'local.example'])(
    'may send us to %s',
    async host => {
      expect(await read({ token_endpoint: `https://${host}/x` })).toMatchObject({
        token_endpoint: `https://${host}/x`,
      })
    },
  )

  it('may where that is allowed by name, or is itself there, or the endpoint is for the browser', async () => {
    const inner = { token_endpoint: 'https://10.0.0.1/token' }
    expect(await read(inner, {}, ['https://10.0.0.1'])).toMatchObject(inner)
    expect(await read({ token_endpoint: 'https://10.0.0.1/a' }, { metadata: inner })).toMatchObject(inner)
    const loopback = 'http://127.0.0.1:8080'
    const place = `${loopback}/.well-known/oauth-authorization-server`
    expect(await read(inner, {}, undefined, loopback, place)).toMatchObject(inner)
    expect(await read({ authorization_endpoint: 'https://localhost/a' })).toBeTruthy()
  })
})

describe('other ways to name a server', () => {
  it('by the whole address of its document, with or without a slash at the end of the issuer', async () => {
    for (const published of [issuer, `${issuer}/`]) {
      const { context, urls } = world({ [oidcUrl]: answer(200, { ...document, issuer: published }) })
      const source = discover(oidcUrl)
      expect(source.issuer).toBe(issuer)
      expect(await source(context)).toMatchObject({ issuer: published })
      expect(urls()).toEqual([oidcUrl])
    }
    const { context } = world({ [oidcUrl]: answer(200, { ...document, issuer: 'https://evil.example' }) })
    expect(await errorOf(async () => discover(oidcUrl)(context))).toMatchObject({
      code: 'OAUTH_ISSUER_MISMATCH',
    })
  })

  it('by an issuer for many tenants, whose document is a template', async () => {
    const template = 'https://login.example/{tenantid}/v2.0'
    const common = 'https://login.example/common/v2.0'
    const at = `${common}/.well-known/openid-configuration`
    const { context } = world({ [at]: answer(200, { ...document, issuer: template }) })
    expect(await discover(common)(context)).toMatchObject({ issuer: template })
  })

  it.each([
    'https://{tenantid}/v2.0',
    'https://login.example/{tenantid}/{tenantid}',
    'https://other.example/{tenantid}/v2.0',
  ])('a template proves nothing of the host: %s', async template => {
    const common = 'https://login.example/common/v2.0'
    const { context } = world({
      [`${common}/.well-known/openid-configuration`]: answer(200, { ...document, issuer: template }),
    })
    expect(await errorOf(async () => discover(common)(context))).toMatchObject({
      code: 'OAUTH_ISSUER_MISMATCH',
    })
  })

  it('by its inner address, while its name is the outer one', async () => {
    const address = 'https://keycloak.local:8443/realms/a'
    const outer = { issuer, token_endpoint: `${address}/token` }
    const { context } = world({ [`${address}/.well-known/openid-configuration`]: answer(200, outer) })
    expect(await discover(issuer, { address })(context)).toEqual(outer)
    const whole = discover(issuer, { address: `${address}/.well-known/openid-configuration` })
    expect(whole.issuer).toBe(issuer)
    expect(await whole(context)).toEqual(outer)
  })
})

test('a token of a tenant belongs to the template, under the tenant that it names', () => {
  const template = 'https://login.example/{tenantid}/v2.0'
  expect(isIssuedBy(template, { iss: 'https://login.example/t-1/v2.0', tid: 't-1' })).toBe(true)
  expect(isIssuedBy(template, { iss: 'https://login.example/t-1/v2.0', tid: 't-2' })).toBe(false)
  expect(isIssuedBy(template, { iss: 'https://login.example/t-1/v2.0' })).toBe(false)
  expect(isIssuedBy(template, { iss: 'https://login.example/a/b/v2.0', tid: 'a/b' })).toBe(false)
  expect(isIssuedBy(issuer, { iss: issuer })).toBe(true)
})
