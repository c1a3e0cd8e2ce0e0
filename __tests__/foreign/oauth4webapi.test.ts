/**
 * The same answer into this package and into oauth4webapi: both accept it or both refuse it. Where they
 * differ, the file of differences says why.
 */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import * as theirs from 'oauth4webapi'
import { checkAuthorizationResponse } from '../../src/authorization/response.js'
import { isOAuthError } from '../../src/errors.js'
import { idTokenValidator } from '../../src/oidc.js'
import {
  processDiscoveryResponse,
  processIntrospectionResponse,
  processPushedAuthorizationResponse,
  processResourceMetadataResponse,
  processRevocationResponse,
  processTokenResponse,
} from '../../src/protocol.js'
import type { ServerResponse } from '../../src/server/messages.js'
import { bearer } from '../../src/token-types/bearer.js'
import whys from './differences/oauth4webapi.json'
import { half, having, without } from './misbehaving-provider.js'

const issuer = 'https://op.example'
const now = Math.floor(Date.now() / 1000)
const as: theirs.AuthorizationServer = {
  issuer,
  jwks_uri: `${issuer}/jwks`,
  authorization_endpoint: `${issuer}/authorize`,
}
const client: theirs.Client = { client_id: 'app' }

interface Answer {
  status: number
  body: string
  type: string
  headers: Record<string, string>
}
const answerOf = (body: unknown, status = 200, type = 'application/json', headers = {}): Answer => ({
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  type,
  headers,
})
const forUs = ({ status, body, type, headers }: Answer): ServerResponse => ({
  status,
  body,
  header: name => ({ 'content-type': type, ...headers })[name.toLowerCase()],
})
const forThem = ({ status, body, type, headers }: Answer) =>
  new Response(body, { status, headers: { 'content-type': type, ...headers } })

type Attempt = () => unknown
type Case = [name: string, ours: Attempt, theirs: Attempt]

/** Anything but an error of that library's own is a mistake of the test, no refusal. */
async function accepts(attempt: Attempt, isRefusal: (error: unknown) => boolean): Promise<boolean> {
  try {
    await attempt()
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    return false
  }
}
const weAccept = (attempt: Attempt) => accepts(attempt, error => isOAuthError(error))
const theyAccept = (attempt: Attempt) => accepts(attempt, error => 'code' in Object(error))

/** One answer in many wrong shapes: what every processor of JSON has to judge. */
function shapes(good: Record<string, unknown>, goodStatus = 200): Array<[string, Answer]> {
  const wrongValues = [undefined, null, '', 0, -1, 1.5, true, [], {}, ['x'], 'text']
  const members = Object.keys(good).flatMap(name =>
    wrongValues.map((value): [string, Answer] => [
      `${name} is ${value === undefined ? 'absent' : JSON.stringify(value)}`,
      answerOf({ ...good, [name]: value }, goodStatus),
    ]),
  )
  const statuses = [200, 201, 202, 203, 206, 301, 302, 400, 401, 403, 404, 429, 500, 503].map(
    (status): [string, Answer] => [`status ${status}`, answerOf(good, status)],
  )
  const errors = [400, 401, 403, 500].map((status): [string, Answer] => [
    `an error with status ${status}`,
    answerOf({ error: 'invalid_request' }, status),
  ])
  const texts = ['', ' ', 'null', '[]', '""', '1', '{', '<html></html>', JSON.stringify([good])].map(
    (text): [string, Answer] => [`the body ${text || 'nothing'}`, answerOf(text, goodStatus)],
  )
  const types = [
    'application/json; charset=utf-8',
    'text/html',
    'text/plain',
    'application/jwt',
    'APPLICATION/JSON',
  ].map((type): [string, Answer] => [`the type ${type}`, answerOf(good, goodStatus, type)])
  return [
    ['a good answer', answerOf(good, goodStatus)],
    ...members,
    ...statuses,
    ...errors,
    ...texts,
    ...types,
  ]
}

const judged = (
  kind: string,
  answers: Array<[string, Answer]>,
  ours: (answer: ServerResponse) => unknown,
  their: (response: Response) => unknown,
): Case[] =>
  answers.map(([name, answer]) => [
    `${kind}: ${name}`,
    () => ours(forUs(answer)),
    () => their(forThem(answer)),
  ])

const token = {
  access_token: 'at',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'read',
  refresh_token: 'rt',
}
const how = { requestedAt: now, tokenType: bearer() }
const cases: Case[] = [
  ...judged(
    'token',
    shapes(token),
    answer => processTokenResponse(answer, how),
    response => theirs.processClientCredentialsResponse(as, client, response),
  ),
  ...judged(
    'introspection',
    shapes({ active: true, scope: 'read' }),
    answer => processIntrospectionResponse(answer, now),
    response => theirs.processIntrospectionResponse(as, client, response),
  ),
  ...judged(
    'pushed request',
    shapes({ request_uri: 'urn:x', expires_in: 60 }, 201),
    answer => processPushedAuthorizationResponse(answer, now),
    response => theirs.processPushedAuthorizationResponse(as, client, response),
  ),
  ...judged(
    'discovery',
    shapes({ issuer, token_endpoint: `${issuer}/token` }),
    answer => processDiscoveryResponse(answer, issuer, now),
    response => theirs.processDiscoveryResponse(new URL(issuer), response),
  ),
  ...judged(
    'resource metadata',
    shapes({ resource: 'https://api.example', authorization_servers: [issuer] }),
    answer => processResourceMetadataResponse(answer, ['https://api.example'], now),
    response => theirs.processResourceDiscoveryResponse(new URL('https://api.example'), response),
  ),
  ...judged(
    'revocation',
    [200, 201, 204, 400, 401, 500, 503].map((status): [string, Answer] => [
      `status ${status}`,
      { ...answerOf('', status), body: status === 204 ? (null as never) : '' },
    ]),
    answer => processRevocationResponse(answer, now),
    response => theirs.processRevocationResponse(response),
  ),
  ...callbacks(),
]

/** Authorization responses, to servers that announce `iss` and to those that do not. */
function callbacks(): Case[] {
  const good = { code: 'c', state: 's', iss: issuer }
  const responses: Record<string, Array<[string, string]> | Record<string, string>> = {
    good,
    'no state': without('state')(good) as never,
    'another state': having({ state: 'x' })(good) as never,
    'an empty state': having({ state: '' })(good) as never,
    'no iss': without('iss')(good) as never,
    'another iss': having({ iss: 'https://other.example' })(good) as never,
    'an iss with a slash more': having({ iss: `${issuer}/` })(good) as never,
    'an empty iss': having({ iss: '' })(good) as never,
    'an error': { error: 'access_denied', state: 's', iss: issuer },
    'an error of another issuer': { error: 'access_denied', state: 's', iss: 'https://other.example' },
    'a code and an error': { ...good, error: 'access_denied' },
    'two codes': [...Object.entries(good), ['code', 'd']],
    'two states': [...Object.entries(good), ['state', 's']],
    'two issuers': [...Object.entries(good), ['iss', issuer]],
    'a response of JARM': { response: 'a.b.c', state: 's', iss: issuer },
    'an ID token too': { ...good, id_token: 'a.b.c' },
    'an access token too': { ...good, access_token: 'at' },
    'more parameters': { ...good, session_state: 'x' },
  }
  return [true, false].flatMap(announced =>
    Object.entries(responses).map(([name, response]): Case => {
      const server = { ...as, authorization_response_iss_parameter_supported: announced }
      const pairs = Array.isArray(response) ? response : Object.entries(response)
      const transaction = { issuer, client_id: 'app', response_type: 'code', state: 's', created_at: now }
      return [
        `callback, iss ${announced ? 'announced' : 'not announced'}: ${name}`,
        () =>
          checkAuthorizationResponse(new URLSearchParams(pairs), transaction, {
            server: server as never,
            client: { client_id: 'app' },
            clock: () => now,
          }),
        () => theirs.validateAuthResponse(server, client, new URLSearchParams(pairs), 's'),
      ]
    }),
  )
}

const differences = Object.values(whys as Record<string, string[]>).flat()

test.each(cases)('%s', async (name, ours, their) => {
  const [we, they] = [await weAccept(ours), await theyAccept(their)]
  expect(`${we}`).toBe(`${differences.includes(name) ? !they : they}`)
})

describe('ID tokens', () => {
  type Change = (claims: Record<string, unknown>) => Record<string, unknown>
  const changes: Record<string, Change> = {
    good: claims => claims,
    ...Object.fromEntries(
      ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'].map(name => [`no ${name}`, without(name)]),
    ),
    'another iss': having({ iss: 'https://other.example' }),
    'an empty sub': having({ sub: '' }),
    'another aud': having({ aud: 'other' }),
    'aud as a list': having({ aud: ['app'] }),
    'an audience more': having({ aud: ['app', 'other'] }),
    'an audience more, and azp': having({ aud: ['app', 'other'], azp: 'app' }),
    'another azp': having({ azp: 'other' }),
    'expired long ago': having({ exp: now - 3600 }),
    'exp as text': having({ exp: `${now + 300}` }),
    'iat as text': having({ iat: `${now}` }),
    'issued in the future': having({ iat: now + 3600 }),
    'not valid yet': having({ nbf: now + 3600 }),
    'nbf as text': having({ nbf: 'now' }),
    'another nonce': having({ nonce: 'x' }),
    'another at_hash': having({ at_hash: half('x') }),
    'no at_hash': without('at_hash'),
    'auth_time as text': having({ auth_time: 'today' }),
  }
  const headers: Record<string, object> = {
    'no kid': { kid: undefined },
    'another kid': { kid: 'x' },
    'an unknown critical header': { crit: ['x'], x: 1 },
  }
  let key: { privateKey: CryptoKey; jwk: object }
  let stranger: CryptoKey

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true })
    key = {
      privateKey: pair.privateKey,
      jwk: { ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' },
    }
    stranger = (await generateKeyPair('RS256')).privateKey
  })

  const claims = {
    iss: issuer,
    sub: 'anna',
    aud: 'app',
    iat: now,
    exp: now + 300,
    nonce: 'n',
    at_hash: half('at'),
  }
  const sign = (change: Change, header: object = {}, by = key.privateKey) =>
    new SignJWT(change(claims)).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header } as never).sign(by)

  async function compare(name: string, jwt: string) {
    const jwks = JSON.stringify({ keys: [key.jwk] })
    const we = await weAccept(() =>
      idTokenValidator()(jwt, {
        server: as as never,
        client: { client_id: 'app' },
        clock: () => now,
        send: async () => ({ status: 200, body: jwks, header: () => undefined }),
        nonce: 'n',
        access_token: 'at',
      }),
    )
    const they = await theyAccept(async () => {
      const response = forThem(answerOf({ ...token, id_token: jwt }))
      await theirs.processAuthorizationCodeResponse(as, client, response, {
        expectedNonce: 'n',
        requireIdToken: true,
      })
      await theirs.validateApplicationLevelSignature(as, response, {
        [theirs.customFetch]: async () =>
          new Response(jwks, { headers: { 'content-type': 'application/json' } }),
      })
    })
    expect(`${we}`).toBe(`${differences.includes(`ID token: ${name}`) ? !they : they}`)
  }

  test.each(Object.keys(changes))('%s', async name => compare(name, await sign(changes[name] as Change)))
  test.each(Object.keys(headers))('%s', async name => {
    const header = headers[name] as { crit?: string[] }
    const signer = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k', ...header } as never)
    await compare(name, await signer.sign(key.privateKey, { crit: { x: true } }))
  })
  test('no signature', async () => compare('no signature', new UnsecuredJWT(claims).encode()))
  test('the signature of another key', async () =>
    compare('the signature of another key', await sign(same => same, {}, stranger)))
  test('no JWT', async () => compare('no JWT', 'x'))
})
