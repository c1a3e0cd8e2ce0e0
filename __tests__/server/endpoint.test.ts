import type { IncomingMessage } from 'node:http'
import { OAuthError } from '../../src/errors.js'
import { appendQuery } from '../../src/lib/url.js'
import { type ClientAuth, callEndpoint, type EndpointName } from '../../src/server/call.js'
import { clientSecretBasic } from '../../src/server/client-auth/client-secret-basic.js'
import { clientSecretPost } from '../../src/server/client-auth/client-secret-post.js'
import { noClientAuth } from '../../src/server/client-auth/none.js'
import type { TokenType } from '../../src/token-types/token-type.js'
import { answer, errorOf, nodeSend, scripted } from '../oauth2/support.js'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'

const parameters = { grant_type: 'client_credentials' }

describe('an error that repeats what was sent', () => {
  const secrets = {
    refresh_token: '9f86d081884c7d659a2f',
    code: 'SplxlOBeZQQYbYS6WxSbIA',
    code_verifier: 'dBjftJeZ4CVP-mBbb5xC5B',
    assertion: 'eyJhbGciOiJFUzI1NiJ9.e30.sig',
    password: 'correct horse',
  }
  it.each(Object.entries(secrets))('is shown without %s', async (name, secret) => {
    for (const status of [400, 200, 503]) {
      const body = {
        error: 'invalid_request',
        error_description: `Bad ${name}: ${secret}`,
        error_uri: `e:${secret}`,
      }
      const context = scripted([answer(status, body)])
      const response = await callEndpoint(context, 'token', { grant_type: 'x', [name]: secret })
      expect(response.body).not.toContain(secret)
      expect(JSON.parse(response.body)).toMatchObject({
        error: 'invalid_request',
        error_description: `Bad ${name}: …`,
      })
    }
  })

  it.each([clientSecretBasic(), clientSecretPost()])(
    'is shown without the client’s secret',
    async clientAuth => {
      const client = { client_id: 'app', client_secret: 'kJ8s-Hq2_9xPz' }
      const echo = `unknown client (kJ8s-Hq2_9xPz, ${btoa('app:kJ8s-Hq2_9xPz')})`
      const context = scripted([answer(401, { error: 'invalid_client', error_description: echo })], {
        client,
        clientAuth,
      })
      const { body } = await callEndpoint(context, 'token', parameters)
      expect(body).toContain('unknown client (…, ')
      expect(body).not.toContain('kJ8s-Hq2_9xPz')
      if (context.sent[0]?.headers.Authorization) expect(body).not.toContain(btoa('app:kJ8s-Hq2_9xPz'))
    },
  )

  it.each([
    JSON.stringify({ access_token: 'a', refresh_token: secrets.refresh_token }),
    JSON.stringify({ accessToken: 'a', refreshToken: secrets.refresh_token, error: null }),
    `access_token=a&refresh_token=${secrets.refresh_token}`,
    `refresh_token=${secrets.refresh_token}&access_token=a`,
  ])('is told from a good answer, which keeps the refresh token: %s', async body => {
    const context = scripted([{ ...answer(200), body }])
    const response = await callEndpoint(context, 'token', { grant_type: 'refresh_token', ...secrets })
    expect(response.body).toBe(body)
  })
})

describe('the request', () => {
  it('is proven to be what a hook made of it', async () => {
    const seen: string[] = []
    const context = scripted(undefined, {
      tokenType: { accepts: [], prepare: ({ url }) => void seen.push(url.href) },
      hooks: {
        tokenRequest: request => {
          request.url = new URL('https://as.example/tenant/token')
        },
      },
    })
    await callEndpoint(context, 'token', parameters)
    expect(seen).toEqual(['https://as.example/tenant/token'])
    expect(context.sent[0]?.url.href).toBe(seen[0])
  })

  it('is a form without charset that asks for JSON', async () => {
    const context = scripted()
    await callEndpoint(context, 'token', parameters)
    const [request] = context.sent
    expect(request).toMatchObject({
      endpoint: 'token',
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(request?.url.href).toBe('https://as.example/token')
    expect(`${request?.body}`).toBe('grant_type=client_credentials&client_id=app')
  })

  it('repeats the key of a list, leaves out null and undefined, and sends whatever else is falsy', async () => {
    const context = scripted()
    await callEndpoint(context, 'token', {
      resource: ['https://a', 'https://b'],
      none: [],
      scope: undefined,
      nothing: null,
      no: false,
      zero: 0,
      empty: '',
      spaces: 'a b+c&d=é',
    })
    expect(`${context.sent[0]?.body}`).toBe(
      'resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&no=false&zero=0&empty=&spaces=a+b%2Bc%26d%3D%C3%A9&client_id=app',
    )
  })

  it('takes extra parameters, which win, headers and a timeout', async () => {
    const context = scripted()
    await callEndpoint(
      context,
      'token',
      { scope: 'a', audience: 'x' },
      {
        parameters: { scope: 'b', audience: null, more: ['1', '2'] },
        headers: { 'X-Tenant': 't' },
        timeout: 3,
      },
    )
    const [request] = context.sent
    expect(`${request?.body}`).toBe('scope=b&more=1&more=2&client_id=app')
    expect(request?.headers['X-Tenant']).toBe('t')
    expect(request?.timeout).toBe(3)
  })

  it('may be a GET: everything stands in the query, after what stands there, also the client', async () => {
    const context = scripted([answer(200, {})], {
      server: { token_endpoint: 'https://as.example/token?tenant=a%20b&x=%27' },
      client: { client_id: 'app', client_secret: 's' },
      clientAuth: clientSecretPost(),
    })
    await callEndpoint(context, 'token', parameters, { method: 'GET' })
    const [request] = context.sent
    expect(request?.method).toBe('GET')
    expect(request?.url.search).toBe(
      '?tenant=a%20b&x=%27&grant_type=client_credentials&client_id=app&client_secret=s',
    )
    expect(request?.body.toString()).toBe('')
    expect(Object.keys(request?.headers ?? {})).not.toContain('Content-Type')
  })

  it('carries nothing else, and is a POST or a GET', async () => {
    const context = scripted()
    await callEndpoint(context, 'token', parameters, { parameters: { a: 'b' }, timeout: 3, hook: 'token' })
    expect(Object.keys(context.sent[0] ?? {}).sort()).toEqual([
      'body',
      'endpoint',
      'headers',
      'method',
      'timeout',
      'url',
    ])
    for (const method of ['PUT', 'get', ''])
      expect(
        (await errorOf(() => callEndpoint(context, 'token', parameters, { method: method as 'GET' }))).code,
      ).toBe('OAUTH_INVALID_OPTION')
    expect(context.sent).toHaveLength(1)
  })

  it('can be aborted, unless it is a refresh', async () => {
    const { signal } = new AbortController()
    const context = scripted()
    await callEndpoint(context, 'token', parameters, { signal })
    await callEndpoint(context, 'token', { grant_type: 'refresh_token' }, { signal })
    await callEndpoint(context, 'token', parameters, { signal, hook: 'refresh' })
    expect(context.sent.map(request => request.signal)).toEqual([signal, undefined, undefined])
  })
})

describe('the URL', () => {
  it.each([
    ['token', 'token_endpoint'],
    ['revocation', 'revocation_endpoint'],
    ['introspection', 'introspection_endpoint'],
    ['par', 'pushed_authorization_request_endpoint'],
    ['device', 'device_authorization_endpoint'],
    ['backchannel', 'backchannel_authentication_endpoint'],
  ] as [EndpointName, string][])('of %s is %s; without it the error says so', async (endpoint, name) => {
    const context = scripted([answer(200)], { server: { [name]: 'https://as.example/here' } })
    await callEndpoint(context, endpoint, {})
    expect(context.sent[0]?.url.href).toBe('https://as.example/here')
    const error = await errorOf(() => callEndpoint({ ...context, server: {} }, endpoint, {}))
    expect(error.code).toBe('OAUTH_ENDPOINT_MISSING')
    expect(error.message).toContain(name)
  })

  it('must be https, loopback, or named in allowInsecure', async () => {
    const call = (token_endpoint: string, allowInsecure?: true | string[]) => {
      const context = scripted([answer(200)], { server: { token_endpoint }, allowInsecure })
      return callEndpoint(context, 'token', parameters).then(
        () => true,
        error => {
          expect(context.sent).toEqual([])
          return error.code
        },
      )
    }
    for (const url of [
      'https://as.example/t',
      'http://localhost/t',
      'http://127.0.0.1:8080/t',
      'http://[::1]/t',
    ])
      expect(await call(url)).toBe(true)
    for (const url of [
      'http://as.example/t',
      '/token',
      'token',
      'ftp://as.example/',
      'http://localhost.evil.example/t',
    ])
      expect(await call(url)).toBe('OAUTH_INSECURE_URL')
    expect(await call('http://as.example/t', ['http://as.example'])).toBe(true)
    expect(await call('http://as.example/t', true)).toBe(true)
    expect(await call('http://other.example/t', ['http://as.example'])).toBe('OAUTH_INSECURE_URL')
  })

  it('is the alias only for a client that proves itself by TLS', async () => {
    const context = scripted([answer(200)], {
      server: {
        token_endpoint: 'https://as.example/t',
        revocation_endpoint: 'https://as.example/r',
        mtls_endpoint_aliases: { token_endpoint: 'https://mtls.as.example/t' },
      },
    })
    const tls: ClientAuth = Object.assign(() => {}, { mtls: true as const })
    await callEndpoint(context, 'token', {})
    await callEndpoint({ ...context, clientAuth: tls }, 'token', {})
    await callEndpoint({ ...context, clientAuth: tls }, 'revocation', {})
    expect(context.sent.map(request => request.url.href)).toEqual([
      'https://as.example/t',
      'https://mtls.as.example/t',
      'https://as.example/r',
    ])
  })

  it('keeps its query when more is added', () => {
    for (const [before, after] of [
      ['https://a/p', 'https://a/p?x=1'],
      ['https://a/p?', 'https://a/p?x=1'],
      ['https://a/p?b=%20c+d&e', 'https://a/p?b=%20c+d&e&x=1'],
    ] as const) {
      const url = new URL(before)
      expect(appendQuery(url, new URLSearchParams({ x: '1' })).href).toBe(after)
      expect(url.href).toBe(new URL(before).href)
    }
    const url = new URL('https://a/p?b=%20c')
    expect(appendQuery(url, new URLSearchParams()).href).toBe('https://a/p?b=%20c')
  })
})

describe('client authentication', () => {
  const authorization = async (
    endpoint: EndpointName,
    overrides: Parameters<typeof scripted>[1],
    options?: Parameters<typeof callEndpoint>[3],
  ) => {
    const context = scripted([answer(200)], overrides)
    await callEndpoint(context, endpoint, { a: 'b' }, options)
    return [context.sent[0]?.headers.Authorization, `${context.sent[0]?.body}`]
  }
  const confidential = { client_id: 'app', client_secret: 's' }

  it('is Basic for a client with a secret, else only a name', async () => {
    expect(await authorization('token', { client: confidential })).toEqual([`Basic ${btoa('app:s')}`, 'a=b'])
    expect(await authorization('token', {})).toEqual([undefined, 'a=b&client_id=app'])
    expect(await authorization('token', { client: { client_id: 'app', client_secret: '' } })).toEqual([
      undefined,
      'a=b&client_id=app',
    ])
  })

  it('is chosen for each endpoint; the token endpoint’s is the rule', async () => {
    const clientAuth = { token: clientSecretPost(), revocation: noClientAuth() }
    const options = { client: confidential, clientAuth }
    const post = [undefined, 'a=b&client_id=app&client_secret=s']
    expect(await authorization('token', options)).toEqual(post)
    expect(await authorization('revocation', options)).toEqual([undefined, 'a=b&client_id=app'])
    expect(await authorization('introspection', options)).toEqual(post)
    expect(
      await authorization('introspection', {
        ...options,
        clientAuth: { ...clientAuth, introspection: clientSecretBasic() },
      }),
    ).toEqual([`Basic ${btoa('app:s')}`, 'a=b'])
    expect(await authorization('token', { client: confidential, clientAuth: {} })).toEqual([
      `Basic ${btoa('app:s')}`,
      'a=b',
    ])
    expect(
      await authorization('revocation', { client: confidential, clientAuth: clientSecretPost() }),
    ).toEqual(post)
  })

  it('may be another for one call', async () => {
    const options = {
      client: confidential,
      clientAuth: { token: clientSecretPost(), revocation: noClientAuth() },
    }
    expect(await authorization('revocation', options, { clientAuth: clientSecretBasic() })).toEqual([
      `Basic ${btoa('app:s')}`,
      'a=b',
    ])
    expect(await authorization('token', options, { clientAuth: { token: noClientAuth() } })).toEqual([
      undefined,
      'a=b&client_id=app',
    ])
  })

  it('gives way to an Authorization header and a client_id of the call', async () => {
    expect(
      await authorization('token', { client: confidential }, { headers: { Authorization: 'Mine' } }),
    ).toEqual(['Mine', 'a=b'])
    expect(await authorization('token', {}, { parameters: { client_id: 'other' } })).toEqual([
      undefined,
      'a=b&client_id=other',
    ])
  })

  it('is any function, which sees the whole request', async () => {
    // the one that Authlib documents: id and secret in the URL
    const clientSecretUri: ClientAuth = ({ url }, { client }) => {
      url.searchParams.set('client_id', client.client_id)
      url.searchParams.set('client_secret', client.client_secret ?? '')
    }
    const context = scripted([answer(200)], { client: confidential, clientAuth: clientSecretUri })
    await callEndpoint(context, 'token', parameters)
    expect(context.sent[0]?.url.href).toBe('https://as.example/token?client_id=app&client_secret=s')
    expect(`${context.sent[0]?.body}`).toBe('grant_type=client_credentials')
  })

  it('may take its time, and its error is the caller’s', async () => {
    const clientAuth: ClientAuth = async request => {
      await Promise.resolve()
      request.headers['X-Proof'] = 'p'
    }
    const context = scripted([answer(200)], { clientAuth })
    await callEndpoint(context, 'token', parameters)
    expect(context.sent[0]?.headers['X-Proof']).toBe('p')
    const failure = new OAuthError('OAUTH_CRYPTO_MISSING', 'x')
    const failing = scripted([answer(200)], { clientAuth: () => Promise.reject(failure) })
    expect(await errorOf(() => callEndpoint(failing, 'token', parameters))).toBe(failure)
    expect(failing.sent).toEqual([])
  })
})

describe('hooks', () => {
  it('run in order around their own message, after client authentication', async () => {
    const seen: string[] = []
    const context = scripted([answer(200, 'raw')], {
      client: { client_id: 'app', client_secret: 's' },
      hooks: {
        tokenRequest: [
          request => {
            seen.push(`first ${!!request.headers.Authorization}`)
            request.body.set('a', '1')
          },
          async request => {
            await Promise.resolve()
            seen.push('second')
            return { ...request, headers: { ...request.headers, 'X-A': request.body.get('a') ?? '' } }
          },
        ],
        tokenResponse: response => ({ ...response, body: `${response.body}!` }),
        refreshRequest: () => {
          seen.push('refresh')
        },
        refreshResponse: [],
        revocationRequest: () => {
          seen.push('revocation')
        },
        introspectionRequest: () => {
          seen.push('introspection')
        },
      },
    })
    expect((await callEndpoint(context, 'token', parameters)).body).toBe('raw!')
    expect(context.sent[0]?.headers['X-A']).toBe('1')
    expect(seen).toEqual(['first true', 'second'])
    await callEndpoint(context, 'token', { grant_type: 'refresh_token' })
    await callEndpoint(context, 'token', {}, { hook: 'refresh' })
    await callEndpoint(context, 'revocation', {})
    expect((await callEndpoint(context, 'introspection', {})).body).toBe('raw')
    expect(seen.slice(2)).toEqual(['refresh', 'refresh', 'revocation', 'introspection'])
    const pushing = {
      ...context,
      server: { pushed_authorization_request_endpoint: 'https://as.example/par' },
    }
    await callEndpoint(pushing, 'par', {})
    expect(seen).toHaveLength(6)
  })

  it('that throw are named; nothing is sent', async () => {
    const cause = new TypeError('x')
    const context = scripted([answer(200)], {
      hooks: {
        tokenRequest: () => {
          throw cause
        },
      },
    })
    expect(await errorOf(() => callEndpoint(context, 'token', parameters))).toMatchObject({
      code: 'OAUTH_HOOK_FAILED',
      cause,
    })
    expect(context.sent).toEqual([])
    const own = new OAuthError('OAUTH_REFUSED', 'mine')
    const passing = { ...context, hooks: { tokenRequest: () => Promise.reject(own) } }
    expect(await errorOf(() => callEndpoint(passing, 'token', parameters))).toBe(own)
  })

  it('may write the URL as text', async () => {
    const tokenRequest = (request: { url: URL | string }) => {
      request.url = 'https://other.example/t'
    }
    const context = scripted([answer(200)], { hooks: { tokenRequest } })
    await callEndpoint(context, 'token', parameters, { method: 'GET' })
    expect(context.sent[0]?.url.href).toBe(
      'https://other.example/t?grant_type=client_credentials&client_id=app',
    )
  })

  it('that change the URL do not lead away from https', async () => {
    for (const tokenRequest of [
      (request: { url: URL }) => {
        request.url = new URL('http://evil.example/')
      },
      (request: { url: URL }) => {
        request.url.protocol = 'http:'
      },
    ]) {
      const context = scripted([answer(200)], { hooks: { tokenRequest } })
      expect((await errorOf(() => callEndpoint(context, 'token', parameters))).code).toBe(
        'OAUTH_INSECURE_URL',
      )
      expect(context.sent).toEqual([])
    }
  })
})

describe('a token type that learns', () => {
  const learning = (worth: (response: { status: number }) => boolean): TokenType & { proofs: number } => {
    const type = {
      accepts: ['dpop'],
      proofs: 0,
      authorize() {},
      prepare(request: { headers: Record<string, string> }) {
        type.proofs++
        request.headers.DPoP = `proof ${type.proofs}`
      },
      learnFromServer: (response: { status: number }) => worth(response),
    }
    return type
  }

  it('has the call made once more, from the start', async () => {
    let assertions = 0
    const tokenType = learning(({ status }) => status === 400)
    const context = scripted([answer(400, 'nonce'), answer(200, 'good')], {
      tokenType,
      clientAuth: ({ body }) => body.set('client_assertion', `${++assertions}`),
      hooks: { tokenRequest: request => request.body.append('hooked', 'yes') },
    })
    expect((await callEndpoint(context, 'token', parameters)).body).toBe('good')
    expect(context.sent.map(request => [request.headers.DPoP, `${request.body}`])).toEqual([
      ['proof 1', 'grant_type=client_credentials&client_assertion=1&hooked=yes'],
      ['proof 2', 'grant_type=client_credentials&client_assertion=2&hooked=yes'],
    ])
  })

  it('has it made twice at most, and sees every answer', async () => {
    const seen: number[] = []
    const context = scripted([answer(400), answer(400), answer(400)], {
      tokenType: learning(({ status }) => !!seen.push(status)),
    })
    expect((await callEndpoint(context, 'token', parameters)).status).toBe(400)
    expect(context.sent).toHaveLength(2)
    expect(seen).toEqual([400, 400])
  })

  it('is satisfied with the first good answer', async () => {
    const context = scripted([answer(200)], { tokenType: learning(() => false) })
    await callEndpoint(context, 'token', parameters)
    expect(context.sent).toHaveLength(1)
  })
})

describe('on the wire', () => {
  let server: RunningServer
  const received: {
    method?: string | undefined
    url?: string | undefined
    headers: IncomingMessage['headers']
    body: string
  }[] = []
  beforeAll(async () => {
    server = await listen(async (request, response) => {
      const body = (await readBody(request)).toString()
      received.push({ method: request.method, url: request.url, headers: request.headers, body })
      json(response, 200, { access_token: 'AT' })
    })
  })
  afterAll(() => server.stop())

  it('a POST is what the RFC shows', async () => {
    const context = scripted([], {
      send: nodeSend,
      server: { token_endpoint: `${server.url}/token` },
      client: { client_id: 's6BhdRkqt3', client_secret: 'gX1fBat3bV' },
    })
    await callEndpoint(context, 'token', {
      grant_type: 'authorization_code',
      code: 'SplxlOBeZQQYbYS6WxSbIA',
      redirect_uri: 'https://client.example.com/cb',
    })
    expect(received.pop()).toMatchObject({
      method: 'POST',
      url: '/token',
      headers: {
        authorization: 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW',
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb',
    })
  })

  it('a GET has no body', async () => {
    const context = scripted([], { send: nodeSend, server: { token_endpoint: `${server.url}/token?v=2` } })
    await callEndpoint(context, 'token', parameters, { method: 'GET' })
    const request = received.pop()
    expect(request).toMatchObject({
      method: 'GET',
      url: '/token?v=2&grant_type=client_credentials&client_id=app',
      body: '',
    })
    expect(request?.headers['content-type']).toBeUndefined()
  })
})
