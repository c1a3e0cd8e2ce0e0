/**
 * What a row of a table can ask of this package, by name; each takes the row's input and answers plain
 * values.
 */
import { generateKeyPairSync } from 'node:crypto'
import axios, { AxiosHeaders } from 'axios'
import {
  type AuthorizationOptions,
  attachOAuth2,
  authorizationCodeGrant,
  bearer,
  clientCredentialsGrant,
  createOAuth2Session,
  type Grant,
  hmacSha1,
  hmacSha256,
  hmacSha512,
  implicitGrant,
  introspectToken,
  type OAuth1Token,
  passwordGrant,
  plaintext,
  revokeToken,
  saveToken,
  type Token,
  type TokenEndpoint,
} from '../../src/index.js'
import { type ClientAssertionOptions, clientSecretJwt, jwtBearerGrant, privateKeyJwt } from '../../src/jwt.js'
import {
  accessTokenRequest,
  appendQuery,
  authorizationHeader,
  authorizeRequest,
  baseStringUri,
  buildAuthorizationUrl,
  buildOAuth1AuthorizationUrl,
  buildServerRequest,
  challengeOf,
  checkOAuth1AuthorizationResponse,
  createCodeChallenge,
  discoveryUrls,
  expiresWithin,
  mergeRefreshed,
  percentEncode,
  prepareAuthorization,
  processDiscoveryResponse,
  processIntrospectionResponse,
  processOAuth1TokenResponse,
  processRequestToken,
  processRevocationResponse,
  processTokenResponse,
  protocolContext,
  refreshGrant,
  requestTokenRequest,
  scopeChange,
  signatureBaseString,
  signRequest,
} from '../../src/protocol.js'
import type { ServerResponse } from '../../src/server/messages.js'

/** When everything here happens, in seconds: the time that oauthlib's tests have too. */
const NOW = 1000
const clock = () => NOW
const issuer = 'https://server.example.com'
const signatureMethods = {
  'HMAC-SHA1': hmacSha1,
  'HMAC-SHA256': hmacSha256,
  'HMAC-SHA512': hmacSha512,
  PLAINTEXT: plaintext,
}
const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string

interface Answer {
  body: string
  status?: number
  type?: string
}
const responseOf = ({ body, status = 200, type = 'application/json' }: Answer): ServerResponse => ({
  body,
  status,
  header: name => (name.toLowerCase() === 'content-type' ? type : undefined),
})

const pairs = (parameters: URLSearchParams) => Object.fromEntries(parameters)
const partsOf = (url: string | URL) => {
  const { origin, pathname, searchParams } = new URL(url)
  return { address: origin + pathname, query: pairs(searchParams) }
}
const decode = (part: string | undefined) => JSON.parse(Buffer.from(`${part}`, 'base64url').toString())
const jwtOf = (jwt: string | null) => {
  const [header, claims] = `${jwt}`.split('.')
  return { header: decode(header), claims: decode(claims) }
}

interface Client {
  id?: string
  secret?: string
  method?: string
}
const clientOf = ({ id = 'someclientid', secret, method }: Client = {}) => ({
  client_id: id,
  ...(secret !== undefined && { client_secret: secret }),
  ...(method && { token_endpoint_auth_method: method }),
})
const contextOf = (client: Client | undefined, endpoint = `${issuer}/token`) =>
  protocolContext({
    server: { issuer, token_endpoint: endpoint },
    client: clientOf(client),
    clock,
  })

/** The request that a grant makes of the token endpoint. */
async function requestOf(grant: Grant, client: Client | undefined, endpoint?: string) {
  const context = contextOf(client, endpoint)
  let sent: Parameters<TokenEndpoint> | undefined
  await grant(
    async (...asked) => {
      sent = asked
      return { access_token: 'unused' }
    },
    { ...context, server: async () => context.server } as never,
  )
  const [parameters, options] = sent as Parameters<TokenEndpoint>
  const { method, url, headers, body } = await buildServerRequest(context, 'token', parameters, options)
  return {
    method,
    ...partsOf(url),
    authorization: headers.Authorization,
    body: pairs(body),
    contentType: headers['Content-Type'],
  }
}

const transactionOf = (state: string, response_type: string, client?: Client) => ({
  issuer,
  client_id: clientOf(client).client_id,
  response_type,
  state,
  created_at: NOW,
})

/** The grants that need no callback, by name. */
const grants: Record<string, (options: never, client?: Client) => Grant> = {
  client_credentials: clientCredentialsGrant,
  password: passwordGrant,
  authorization_code: ({ code, redirect_uri, code_verifier, ...options }: Record<string, string>, client) =>
    authorizationCodeGrant({
      authorizationResponse: { code, state: 'xyz' },
      transaction: {
        ...transactionOf('xyz', 'code', client),
        ...(redirect_uri && { redirect_uri }),
        ...(code_verifier && { code_verifier }),
      },
      ...options,
    }),
}

interface ApiCall {
  token?: Token
  grant?: 'client_credentials'
  client?: Client
  answer?: Record<string, unknown>
  placement?: 'header' | 'query'
}

/** One call of an API by a session that has this token, or none. */
async function apiCall({ token, grant, client, answer, placement }: ApiCall) {
  const asked: Record<string, string>[] = []
  const http = axios.create({
    adapter: async config => {
      asked.push(pairs(new URLSearchParams(config.data)))
      return { data: JSON.stringify(answer), status: 200, statusText: '', headers: {}, config }
    },
  })
  const session = createOAuth2Session({
    server: { issuer, token_endpoint: `${issuer}/token` },
    client: clientOf(client),
    clock,
    http,
    ...(placement && { tokenType: bearer({ placement }) }),
    ...(grant && { grant: clientCredentialsGrant() }),
  })
  if (token) await saveToken(session, token)
  let sent: { url?: string | undefined; authorization?: unknown } = {}
  const api = axios.create({
    baseURL: 'https://api.example.com',
    adapter: async config => {
      sent = { url: axios.getUri(config), authorization: config.headers.Authorization }
      return { data: '', status: 200, statusText: '', headers: {}, config }
    },
  })
  attachOAuth2(api, session)
  const failure = await api.get('/me').then(
    () => undefined,
    error => error.cause ?? error,
  )
  if (failure) throw failure
  return { ...sent, asked, current: session.current() }
}

/** What a session sends to an endpoint other than the token endpoint. */
async function sessionCall(
  use: (session: ReturnType<typeof createOAuth2Session>) => Promise<unknown>,
  at: string,
  answer: Answer,
) {
  const sent: unknown[] = []
  const http = axios.create({
    adapter: async ({ method = '', url = '', data, headers, ...config }) => {
      const { address, query } = partsOf(url)
      sent.push({ method: method.toUpperCase(), address, query, body: pairs(new URLSearchParams(data)) })
      return {
        data: answer.body,
        status: answer.status ?? 200,
        statusText: '',
        headers: {},
        config: config as never,
      }
    },
  })
  const session = createOAuth2Session({
    server: { issuer, revocation_endpoint: at, introspection_endpoint: at },
    client: clientOf({ id: 'a' }),
    clock,
    http,
  })
  const result = await use(session)
  return { ...Object(sent[0]), result }
}

interface OAuth1Call {
  url: string
  method?: string
  data?: string
  headers?: Record<string, string>
  client: { key: string; secret?: string }
  token?: OAuth1Token
  signatureMethod?: keyof typeof signatureMethods
  nonce: string
  timestamp: number
  placement?: 'header' | 'query' | 'body'
}

/** The parameters of an `OAuth` header, decoded. */
const headerParameters = (header: string | undefined) =>
  Object.fromEntries(
    Object.entries(challengeOf(header, 'oauth') ?? {}).map(([name, value]) => [
      name,
      decodeURIComponent(value),
    ]),
  )

async function signed({
  url,
  method = 'GET',
  data,
  headers,
  timestamp,
  nonce,
  signatureMethod,
  ...options
}: OAuth1Call) {
  const request = await signRequest(
    { url, method, data, headers: headers ?? {} },
    {
      ...options,
      ...(signatureMethod && { signatureMethod: signatureMethods[signatureMethod]() }),
      nonce: () => nonce,
      clock: () => timestamp,
    },
  )
  return {
    headers: request.headers,
    header: headerParameters(new AxiosHeaders(request.headers).get('Authorization') as string),
    query: partsOf(request.url).query,
    body: typeof request.data === 'string' ? pairs(new URLSearchParams(request.data)) : null,
  }
}

const oauth1Server = {
  request_token_url: `${issuer}/initiate`,
  authorize_url: `${issuer}/authorize`,
  access_token_url: `${issuer}/token`,
}

export const asks = {
  'token answer': ({ accepts = ['bearer'], ...answer }: Answer & { accepts?: string[] }) =>
    processTokenResponse(responseOf(answer), { requestedAt: NOW, tokenType: { accepts } }),

  'refreshed token': ({ before, ...answer }: Answer & { before: Token }) =>
    mergeRefreshed(
      before,
      processTokenResponse(responseOf(answer), { requestedAt: NOW, tokenType: bearer() }),
    ),

  'scope change': ({ asked, granted }: { asked: string; granted: string }) =>
    scopeChange(asked, granted) ?? 'none',

  expired: ({ token, leeway = 0 }: { token: Token; leeway?: number }) => expiresWithin(token, leeway, NOW),

  'authorization URL': async ({
    endpoint,
    client,
    options,
  }: {
    endpoint: string
    client?: Client
    options: AuthorizationOptions
  }) => {
    const context = protocolContext({
      server: { issuer, authorization_endpoint: endpoint },
      client: clientOf(client),
      clock,
    })
    const { parameters } = await prepareAuthorization(context, options)
    return partsOf(buildAuthorizationUrl(context, parameters))
  },

  'token request': ({
    grant,
    options = {},
    client,
    endpoint,
  }: {
    grant: string
    options?: object
    client?: Client
    endpoint?: string
  }) =>
    requestOf(
      (grants[grant] as (options: object, client?: Client) => Grant)(options, client),
      client,
      endpoint,
    ),

  'refresh request': async ({
    refresh_token,
    scope,
    client,
    endpoint,
  }: {
    refresh_token: string
    scope?: string
    client?: Client
    endpoint?: string
  }) => {
    const { url, headers, body } = await buildServerRequest(
      contextOf(client, endpoint),
      'token',
      refreshGrant(refresh_token, { scope }),
    )
    return {
      ...partsOf(url),
      authorization: headers.Authorization,
      body: pairs(body),
      contentType: headers['Content-Type'],
    }
  },

  'code callback': async ({ url, state }: { url: string; state: string }) => {
    const grant = authorizationCodeGrant({
      authorizationResponse: url,
      transaction: transactionOf(state, 'code'),
    })
    const { body } = await requestOf(grant, undefined)
    return { code: body.code, others: Object.keys(body).filter(name => /token|mac/.test(name)) }
  },

  'implicit callback': async ({ url, state }: { url: string; state: string }) => {
    const context = contextOf(undefined)
    const grant: Grant = implicitGrant({
      authorizationResponse: url,
      transaction: transactionOf(state, 'token'),
    })
    return grant(undefined as never, { ...context, server: async () => context.server } as never)
  },

  revocation: ({
    endpoint,
    token,
    answer = { body: '' },
    ...options
  }: {
    endpoint: string
    token: string
    answer?: Answer
    token_type_hint?: string
    callback?: string
  }) =>
    sessionCall(
      async session => {
        const result = await revokeToken(session, { token, ...options })
        if (!result.revoked) throw result.error
        return 'revoked'
      },
      endpoint,
      answer,
    ),

  'revocation answer': ({ jsonp, ...answer }: Answer & { jsonp?: boolean }) => {
    processRevocationResponse(responseOf(answer), NOW, jsonp)
    return 'revoked'
  },

  introspection: ({ endpoint, token, answer }: { endpoint: string; token: string; answer: Answer }) =>
    sessionCall(session => introspectToken(session, { token }), endpoint, answer),

  'introspection answer': (answer: Answer) => processIntrospectionResponse(responseOf(answer), NOW),

  'API request': apiCall,

  'bearer request': async ({
    url,
    method = 'GET',
    data,
    headers = {},
    token,
    placement,
  }: {
    url: string
    method?: string
    data?: string
    headers?: Record<string, string>
    token: Token
    placement?: 'header' | 'query' | 'body'
  }) => {
    const request = await authorizeRequest({ url, method, data, headers }, token, {
      clock,
      tokenType: bearer(placement && { placement }),
    })
    return {
      ...partsOf(request.url),
      authorization: request.headers.Authorization,
      body: request.data === undefined ? null : pairs(new URLSearchParams(`${request.data}`)),
    }
  },

  'client assertion': async ({
    kind,
    client,
    options = {},
    endpoint,
  }: {
    kind: 'secret' | 'key'
    client: Client
    options?: ClientAssertionOptions & { alg?: 'HS256' | 'HS384' | 'HS512' }
    endpoint?: string
  }) => {
    const clientAuth =
      kind === 'secret'
        ? clientSecretJwt(options)
        : privateKeyJwt({ ...options, key: privateKey, alg: 'RS256' })
    const { body } = await buildServerRequest({ ...contextOf(client, endpoint), clientAuth }, 'token', {
      grant_type: 'client_credentials',
    })
    return { type: body.get('client_assertion_type'), ...jwtOf(body.get('client_assertion')) }
  },

  'assertion request': async ({
    withoutKey,
    options,
    endpoint,
  }: {
    withoutKey?: boolean
    options: object
    endpoint?: string
  }) => {
    const key = withoutKey ? {} : { key: privateKey, alg: 'RS256' as const }
    const { body } = await requestOf(jwtBearerGrant({ ...key, ...options }), undefined, endpoint)
    const { assertion, ...others } = body
    return { body: others, ...jwtOf(`${assertion}`) }
  },

  'code challenge': ({ verifier, method }: { verifier: string; method: 'plain' | 'S256' }) =>
    createCodeChallenge(verifier, method),

  'metadata URL': ({ issuer: of, algorithm = 'oauth2' }: { issuer: string; algorithm?: 'oauth2' | 'oidc' }) =>
    discoveryUrls(of, algorithm),

  'metadata answer': ({ issuer: of, ...answer }: Answer & { issuer: string }) =>
    processDiscoveryResponse(responseOf(answer), of, NOW),

  'query added': ({ url, parameters }: { url: string; parameters: Record<string, string> }) =>
    appendQuery(new URL(url), new URLSearchParams(parameters)).href,

  'base string URI': ({ url, host }: { url: string; host?: string }) => baseStringUri(url, host),

  'base string': ({
    method,
    url,
    parameters,
  }: {
    method: string
    url: string
    parameters: [string, string][]
  }) => signatureBaseString(method, url, parameters),

  signature: ({
    method,
    text,
    key,
  }: {
    method: keyof typeof signatureMethods
    text: string
    key: [string, string]
  }) => signatureMethods[method]().sign(text, key.map(percentEncode).join('&'), undefined),

  'percent encoding': ({ text }: { text: string }) => percentEncode(text),

  'signed request': signed,

  'OAuth header': ({ parameters, realm }: { parameters: [string, string][]; realm?: string }) =>
    authorizationHeader(parameters, realm),

  'header read': ({ header }: { header: string }) => challengeOf(header, 'oauth') ?? 'none',

  'request token request': ({ callback }: { callback?: string }) => {
    const { protocolParameters } = requestTokenRequest(
      oauth1Server,
      callback === undefined ? {} : { callback },
    )
    return protocolParameters
  },

  'access token request': ({ token, verifier }: { token: OAuth1Token; verifier?: string }) => {
    const { protocolParameters, token: by } = accessTokenRequest(oauth1Server, {
      token,
      ...(verifier !== undefined && { verifier }),
    })
    return { ...protocolParameters, oauth_token: by?.oauth_token }
  },

  'request token answer': ({
    allowUnconfirmedCallback,
    ...answer
  }: Answer & { allowUnconfirmedCallback?: boolean }) =>
    processRequestToken(responseOf(answer), { allowUnconfirmedCallback }),

  'access token answer': (answer: Answer) => processOAuth1TokenResponse(responseOf(answer)),

  'OAuth 1 callback': ({ url, oauth_token }: { url: string; oauth_token: string }) =>
    checkOAuth1AuthorizationResponse(url, { oauth_token }),

  'OAuth 1 authorization URL': ({
    authorize_url,
    oauth_token,
    parameters,
  }: {
    authorize_url: string
    oauth_token: string
    parameters?: Record<string, string>
  }) => partsOf(buildOAuth1AuthorizationUrl({ ...oauth1Server, authorize_url }, oauth_token, parameters)),
}

export type Ask = keyof typeof asks
