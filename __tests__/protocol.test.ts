import { webcrypto } from 'node:crypto'
import { bearer, isOAuthError, mac } from 'axios-oauth-interceptor'
import {
  authorizeRequest,
  buildAuthorizationUrl,
  buildServerRequest,
  callEndpoint,
  prepareAuthorization,
  processTokenResponse,
  protocolContext,
  refreshGrant,
  type ServerRequest,
} from 'axios-oauth-interceptor/protocol'
import { startAuthorizationServer } from './servers/authorization-server.js'

const server = {
  authorization_endpoint: 'https://auth.example.com/authorize?tenant=a%20b',
  token_endpoint: 'https://auth.example.com/token',
  revocation_endpoint: 'https://auth.example.com/revoke',
}

// Node 18 has no global one
const crypto = webcrypto as Crypto

describe('protocolContext', () => {
  test('needs a server and a client, and where there is no global crypto that', async () => {
    const context = protocolContext({ server, client: { client_id: 'app' }, crypto })
    expect(Math.abs(context.clock() - Date.now() / 1000)).toBeLessThan(5)
    expect(context.random(9)).toHaveLength(9)
    const { parameters, transaction } = await prepareAuthorization(context, {
      redirect_uri: 'https://app.example.com/cb',
    })
    const url = buildAuthorizationUrl(context, parameters)
    expect(url.searchParams.get('state')).toBe(transaction.state)
    expect(url.href).toContain('?tenant=a%20b&response_type=code&client_id=app&')
  })

  test('without crypto there is no randomness, and it says what to pass', () => {
    const known = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
    try {
      const context = protocolContext({ server, client: { client_id: 'app' } })
      expect(() => context.random(1)).toThrow(expect.objectContaining({ code: 'OAUTH_CRYPTO_MISSING' }))
    } finally {
      if (known) Object.defineProperty(globalThis, 'crypto', known)
    }
  })

  test('what is given wins', () => {
    const context = protocolContext({
      server,
      client: { client_id: 'app' },
      clock: () => 7,
      random: () => new Uint8Array(1),
    })
    expect(context.clock()).toBe(7)
    expect(context.random(5)).toHaveLength(1)
  })

  test('random bytes come from the crypto that is given', () => {
    const given = {
      subtle: crypto.subtle,
      getRandomValues: <T>(bytes: T) => (bytes as Uint8Array).fill(7) as T,
    } as Pick<Crypto, 'subtle' | 'getRandomValues'>
    expect([...protocolContext({ server, client: { client_id: 'app' }, crypto: given }).random(2)]).toEqual([
      7, 7,
    ])
  })

  test('without send nothing is sent, and it says so', async () => {
    const context = protocolContext({ server, client: { client_id: 'app' } })
    const error = await callEndpoint(context, 'token', refreshGrant('r')).catch((error: unknown) => error)
    expect(isOAuthError(error, 'OAUTH_INVALID_OPTION')).toBe(true)
  })
})

describe('buildServerRequest', () => {
  test('is what callEndpoint sends', async () => {
    const sent: ServerRequest[] = []
    const context = protocolContext({
      server,
      client: { client_id: 'app', client_secret: 'a secret' },
      hooks: {
        refreshRequest: request => {
          request.headers['X-Tenant'] = 'b'
        },
      },
      send: async request => {
        sent.push(request)
        return { status: 200, header: () => undefined, body: '{"access_token":"a"}' }
      },
    })
    const built = await buildServerRequest(
      context,
      'token',
      refreshGrant('r1', { resource: ['urn:a', 'urn:b'] }),
    )
    expect(sent).toEqual([])
    await callEndpoint(context, 'token', refreshGrant('r1', { resource: ['urn:a', 'urn:b'] }))
    expect(sent).toEqual([built])
    expect(`${built.body}`).toBe(
      'grant_type=refresh_token&refresh_token=r1&resource=urn%3Aa&resource=urn%3Ab',
    )
    expect(built.headers).toEqual({
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: `Basic ${Buffer.from('app:a+secret').toString('base64')}`,
      'X-Tenant': 'b',
    })
  })

  test('a GET has everything in the query', async () => {
    const context = protocolContext({ server, client: { client_id: 'app' } })
    const built = await buildServerRequest(
      context,
      'revocation',
      { token: 't', callback: 'a.b' },
      { method: 'GET' },
    )
    expect(built.url.href).toBe('https://auth.example.com/revoke?token=t&callback=a.b&client_id=app')
    expect(`${built.body}`).toBe('')
  })

  test.each([
    ['OAUTH_ENDPOINT_MISSING', {}],
    ['OAUTH_INSECURE_URL', { token_endpoint: 'http://auth.example.com/token' }],
  ] as const)('refuses with %s', async (code, server) => {
    const context = protocolContext({ server, client: { client_id: 'app' } })
    const error = await buildServerRequest(context, 'token', refreshGrant('r')).catch(
      (error: unknown) => error,
    )
    expect(isOAuthError(error, code)).toBe(true)
  })

  test('a real server takes it, and a processor its answer', async () => {
    const auth = await startAuthorizationServer()
    try {
      const context = protocolContext({
        server: auth.metadata,
        client: { client_id: 'worker', client_secret: 'worker-secret' },
      })
      const { url, headers, body } = await buildServerRequest(context, 'token', {
        grant_type: 'client_credentials',
      })
      const requestedAt = context.clock()
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
      const token = processTokenResponse(
        {
          status: response.status,
          header: name => response.headers.get(name) ?? undefined,
          body: await response.text(),
        },
        { requestedAt, tokenType: context.tokenType },
      )
      expect(auth.isActive(token.access_token)).toBe(true)
    } finally {
      await auth.stop()
    }
  })
})

describe('authorizeRequest', () => {
  const request = {
    method: 'post',
    url: 'https://api.example.com/a?b=c#d',
    headers: { accept: 'text/plain' },
    data: 'e=f',
  }
  const token = { access_token: 'a b', token_type: 'bearer' }

  test('puts a bearer token into the header, and leaves what it was given alone', async () => {
    const before = JSON.stringify(request)
    expect(await authorizeRequest(request, token)).toEqual({
      ...request,
      headers: { accept: 'text/plain', Authorization: 'Bearer a b' },
    })
    expect(JSON.stringify(request)).toBe(before)
  })

  test('into the query, into the body', async () => {
    const query = await authorizeRequest(request, token, { tokenType: bearer({ placement: 'query' }) })
    expect(query.url).toBe('https://api.example.com/a?b=c&access_token=a%20b#d')
    const form = { ...request, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const body = await authorizeRequest(form, token, { tokenType: bearer({ placement: 'body' }) })
    expect(body.data).toBe('e=f&access_token=a%20b')
  })

  test('a MAC token signs with the clock and the randomness that are given', async () => {
    const { headers } = await authorizeRequest(
      { method: 'GET', url: 'https://api.example.com/a' },
      { access_token: 'id', token_type: 'mac', mac_key: 'key', mac_algorithm: 'hmac-sha-256' },
      { tokenType: mac({ issuedAt: 90 }), clock: () => 100, random: size => new Uint8Array(size) },
    )
    expect(headers.Authorization).toMatch(/^MAC id="id", nonce="10:AAAAAAAAAAA", mac="[\w+/]+="$/)
  })

  test.each([
    ['OAUTH_UNSUPPORTED_TOKEN_TYPE', request, { ...token, token_type: 'mac' }],
    ['OAUTH_INSECURE_URL', { ...request, url: 'http://api.example.com/' }, token],
  ] as const)('refuses with %s', async (code, request, token) => {
    const error = await authorizeRequest(request, token).catch((error: unknown) => error)
    expect(isOAuthError(error, code)).toBe(true)
  })
})
