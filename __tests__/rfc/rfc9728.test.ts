import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverClient } from '../../src/axios/server-client.js'
import { OAuthError } from '../../src/errors.js'
import type { Send, ServerRequest } from '../../src/server/call.js'
import {
  discoverFromResource,
  processResourceMetadataResponse,
  resourceMetadataUrls,
} from '../../src/server/resource-metadata.js'
import { listen } from '../axios/server.js'
import { answer, errorOf, NOW } from '../oauth2/support.js'

const MCP = 'https://mcp.example.com/public/mcp'
const AS = 'https://auth.example.com/tenant1'
const PLACE = 'https://mcp.example.com/.well-known/oauth-protected-resource'
const asMetadata = { issuer: AS, token_endpoint: `${AS}/token`, authorization_endpoint: `${AS}/authorize` }

/** A web of documents: URL to answer; what is not there is 404. */
function web(documents: Record<string, ReturnType<typeof answer> | 'down'>) {
  const asked: string[] = []
  const requests: ServerRequest[] = []
  const send: Send = async request => {
    requests.push(request)
    asked.push(request.url.href)
    const found = documents[request.url.href] ?? answer(404, 'not here')
    if (found === 'down') throw new OAuthError('OAUTH_SERVER_UNAVAILABLE', 'No answer')
    return found
  }
  return { asked, requests, context: { send, clock: () => NOW } }
}
const challenge = (value: string) => answer(401, '', { 'www-authenticate': value })
const prm = (resource = MCP, more: object = {}) =>
  answer(200, { resource, authorization_servers: [AS], ...more })
const asDocument = {
  'https://auth.example.com/.well-known/oauth-authorization-server/tenant1': answer(200, asMetadata),
}

describe('RFC 9728 OAuth 2.0 Protected Resource Metadata', () => {
  test.each([
    ['https://resource.example.com', ['https://resource.example.com/.well-known/oauth-protected-resource']],
    ['https://resource.example.com/', ['https://resource.example.com/.well-known/oauth-protected-resource']],
    [MCP, [`${PLACE}/public/mcp`, PLACE]],
    [
      'https://resource.example.com/a?k=v',
      [
        'https://resource.example.com/.well-known/oauth-protected-resource/a?k=v',
        'https://resource.example.com/.well-known/oauth-protected-resource',
      ],
    ],
    // only the slash after the host goes; another at the end is part of the identifier
    [
      'https://resource.example.com/?k=v',
      [
        `https://resource.example.com/.well-known/oauth-protected-resource?k=v`,
        'https://resource.example.com/.well-known/oauth-protected-resource',
      ],
    ],
    [`${MCP}/`, [`${PLACE}/public/mcp/`, `${PLACE}/public/mcp`, PLACE]],
  ])('section 3.1: the well-known part goes between host and path, the query stays: %s', (resource, urls) => {
    expect(resourceMetadataUrls(resource)).toEqual(urls)
  })

  test('section 5.1: the address is read from the challenge of the API, with any scheme', async () => {
    for (const header of [
      `Bearer resource_metadata="${PLACE}/elsewhere"`,
      `Basic realm="x, y", DPoP algs="ES256", resource_metadata="${PLACE}/elsewhere"`,
    ]) {
      const { asked, requests, context } = web({
        [MCP]: challenge(header),
        [`${PLACE}/elsewhere`]: prm(),
        ...asDocument,
      })
      const source = discoverFromResource(MCP)
      expect(await source(context)).toEqual(asMetadata)
      expect(asked).toEqual([
        MCP,
        `${PLACE}/elsewhere`,
        'https://auth.example.com/.well-known/oauth-authorization-server/tenant1',
      ])
      expect(requests.every(({ method, headers }) => method === 'GET' && !headers.Authorization)).toBe(true)
      expect(source.metadata?.resource).toBe(MCP)
    }
  })

  test('section 3: without a challenge the well-known places are asked: with the path, then the root (MCP)', async () => {
    for (const api of [answer(200, 'open'), answer(405), challenge('Bearer'), 'down'] as const) {
      const { asked, context } = web({ [MCP]: api, [PLACE]: prm(), ...asDocument })
      expect(await discoverFromResource(MCP)(context)).toEqual(asMetadata)
      expect(asked.slice(0, 3)).toEqual([MCP, `${PLACE}/public/mcp`, PLACE])
    }
  })

  test('the API is not asked where that is not wanted, or where the address is known', async () => {
    const documents = { [`${PLACE}/public/mcp`]: prm(), ...asDocument }
    for (const options of [{ probe: false }, { resourceMetadataUrl: `${PLACE}/public/mcp` }]) {
      const { asked, context } = web(documents)
      await discoverFromResource(MCP, options)(context)
      expect(asked).not.toContain(MCP)
    }
  })

  test("MCP: the authorization server's documents in their order: RFC 8414, OpenID Connect inserted, OpenID Connect appended", async () => {
    const appended = `${AS}/.well-known/openid-configuration`
    const { asked, context } = web({ [`${PLACE}/public/mcp`]: prm(), [appended]: answer(200, asMetadata) })
    await discoverFromResource(MCP, { probe: false })(context)
    expect(asked.slice(1)).toEqual([
      'https://auth.example.com/.well-known/oauth-authorization-server/tenant1',
      'https://auth.example.com/.well-known/openid-configuration/tenant1',
      appended,
    ])
  })

  test.each([
    ['another resource', prm('https://evil.example.com/mcp')],
    ['the parent', prm('https://mcp.example.com/public')],
    ['another spelling', prm(`${MCP}/`)],
    ['a query more', prm(`${MCP}?a`)],
    ['no resource', answer(200, { authorization_servers: [AS] })],
    ['a list', prm([MCP] as never)],
  ])('section 3.3: a document of %s MUST NOT be used', async (_name, document) => {
    for (const documents of [
      { [`${PLACE}/public/mcp`]: document },
      { [MCP]: challenge(`Bearer resource_metadata="${PLACE}/x"`), [`${PLACE}/x`]: document },
    ]) {
      const { context, asked } = web({ ...documents, ...asDocument })
      expect((await errorOf(() => discoverFromResource(MCP)(context))).code).toBe('OAUTH_DISCOVERY_FAILED')
      expect(asked.some(url => url.startsWith('https://auth.example.com'))).toBe(false)
    }
  })

  test('section 3.3: the document at the root is that of the origin, or of the API itself', async () => {
    for (const resource of ['https://mcp.example.com', 'https://mcp.example.com/', MCP]) {
      const { context } = web({ [PLACE]: prm(resource), ...asDocument })
      const source = discoverFromResource(MCP, { probe: false })
      await source(context)
      expect(source.metadata?.resource).toBe(resource)
    }
  })

  test('section 3.3: a document named by a challenge belongs to the requested URL, at any address', async () => {
    const { context } = web({
      [MCP]: challenge(`Bearer resource_metadata="${PLACE}"`),
      [PLACE]: prm('https://mcp.example.com'),
      ...asDocument,
    })
    expect((await errorOf(() => discoverFromResource(MCP)(context))).code).toBe('OAUTH_DISCOVERY_FAILED')
  })

  test.each([
    ['status other than 200', answer(203, { resource: MCP, authorization_servers: [AS] })],
    ['no JSON', answer(200, '<html>')],
    ['issuers that are no strings', prm(MCP, { authorization_servers: [5] })],
    ['issuers that are no list', prm(MCP, { authorization_servers: AS })],
    ['no issuer', prm(MCP, { authorization_servers: [] })],
    ['none at all', prm(MCP, { authorization_servers: undefined })],
  ])('section 3.2: %s is no description', async (_name, document) => {
    const { context } = web({ [`${PLACE}/public/mcp`]: document, ...asDocument })
    expect((await errorOf(() => discoverFromResource(MCP, { probe: false })(context))).code).toBe(
      'OAUTH_DISCOVERY_FAILED',
    )
  })

  test('section 3.2: parameters that are not understood MUST be ignored', async () => {
    const more = {
      signed_metadata: 'e30.e30.',
      'resource_name#en': 'x',
      later: { a: [1, null] },
      constructor: 5,
    }
    const { context } = web({ [`${PLACE}/public/mcp`]: prm(MCP, more), ...asDocument })
    expect(await discoverFromResource(MCP, { probe: false })(context)).toEqual(asMetadata)
  })

  test('section 3.1: the document MUST be queried by GET, without a body', async () => {
    const { requests, context } = web({ [`${PLACE}/public/mcp`]: prm(), ...asDocument })
    await discoverFromResource(MCP, { probe: false })(context)
    expect(requests[0]).toMatchObject({ method: 'GET', endpoint: 'discovery' })
    expect(`${requests[0]?.body}`).toBe('')
  })

  test('section 6: identifiers MUST be compared code point by code point, and never normalised', async () => {
    const composed = 'https://mcp.example.com/caf\u00e9'
    const place = 'https://mcp.example.com/.well-known/oauth-protected-resource/caf%C3%A9'
    const { context } = web({ [place]: prm(composed.normalize('NFD')), ...asDocument })
    expect((await errorOf(() => discoverFromResource(composed, { probe: false })(context))).code).toBe(
      'OAUTH_DISCOVERY_FAILED',
    )
    // what JSON escapes is the same string
    const escaped = answer(
      200,
      JSON.stringify({ resource: composed, authorization_servers: [AS] }).replace('é', '\\u00e9'),
    )
    const same = web({ [place]: escaped, ...asDocument })
    expect(await discoverFromResource(composed, { probe: false })(same.context)).toEqual(asMetadata)
  })

  test('section 2: of several authorization servers the application may choose', async () => {
    const two = prm(MCP, { authorization_servers: ['https://other.example', AS], scopes_supported: ['read'] })
    const { context } = web({ [`${PLACE}/public/mcp`]: two, ...asDocument })
    const seen: unknown[] = []
    const source = discoverFromResource(MCP, {
      probe: false,
      select: (issuers, metadata) => {
        seen.push(issuers, metadata.scopes_supported)
        return issuers[1] as string
      },
    })
    expect((await source(context)).issuer).toBe(AS)
    expect(seen).toEqual([['https://other.example', AS], ['read']])
  })

  test('section 5: the metadata of the authorization server are read as RFC 8414 has it: another issuer than the one named is refused', async () => {
    const { context } = web({
      [`${PLACE}/public/mcp`]: prm(),
      'https://auth.example.com/.well-known/oauth-authorization-server/tenant1': answer(200, {
        ...asMetadata,
        issuer: 'https://auth.example.com',
      }),
    })
    expect((await errorOf(() => discoverFromResource(MCP, { probe: false })(context))).code).toBe(
      'OAUTH_ISSUER_MISMATCH',
    )
  })

  test('section 7.1: TLS MUST be used, for the API, the description and the authorization server', async () => {
    for (const [resource, documents] of [
      ['http://mcp.example.com/mcp', {}],
      [MCP, { [MCP]: challenge('Bearer resource_metadata="http://mcp.example.com/x"') }],
      [MCP, { [`${PLACE}/public/mcp`]: prm(MCP, { authorization_servers: ['http://auth.example.com'] }) }],
    ] as const) {
      const { context, asked } = web(documents as never)
      expect((await errorOf(() => discoverFromResource(resource)(context))).code).toBe('OAUTH_INSECURE_URL')
      expect(asked.every(url => url.startsWith('https:'))).toBe(true)
    }
  })

  test('section 7.3: the certificate of the resource MUST be checked', async () => {
    const [key, cert] = ['key', 'cert'].map(name =>
      readFileSync(join(__dirname, `../support/tls/${name}.pem`)),
    )
    const tls = await listen(() => ({}), { key, cert })
    const source = discoverFromResource(`${tls.origin}/mcp`)
    const error = await errorOf(() => source({ send: serverClient().send, clock: () => NOW }))
    expect((error as { cause?: Error }).cause?.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(tls.seen).toEqual([])
    await tls.close()
  })

  test('section 1.2: a resource identifier has no fragment', async () => {
    expect((await errorOf(() => discoverFromResource(`${MCP}#x`))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('read once for concurrent callers; a failure is not cached', async () => {
    const documents: Record<string, ReturnType<typeof answer>> = {}
    const { context, asked } = web(documents)
    const source = discoverFromResource(MCP, { probe: false })
    const failed = await Promise.allSettled([source(context), source(context)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(asked).toHaveLength(2)
    Object.assign(documents, { [`${PLACE}/public/mcp`]: prm() }, asDocument)
    const [one, two] = await Promise.all([source(context), source(context)])
    expect(one).toEqual(two)
    expect(asked).toHaveLength(4)
  })

  test('the errors of all places name the first reason', async () => {
    const { context } = web({ [`${PLACE}/public/mcp`]: prm('https://evil.example.com/') })
    const error = await errorOf(() => discoverFromResource(MCP, { probe: false })(context))
    expect((error as { cause?: Error }).cause?.message).toContain('another resource')
    expect(await errorOf(() => processResourceMetadataResponse(answer(404), [MCP], NOW))).toMatchObject({
      status: 404,
    })
  })
})
