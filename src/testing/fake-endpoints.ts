import { digest } from '../crypto/digest.js'
import { sha256 } from '../crypto/sha256.js'
import { base64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'
import type { FakeState } from './fake-state.js'
import type { FakeEndpoint } from './fake-types.js'
import type { FakeAnswer, FakeRequest } from './wire.js'

const PATHS: Record<Exclude<FakeEndpoint, 'metadata'>, string> = {
  token: '/token',
  revocation: '/revoke',
  introspection: '/introspect',
  userinfo: '/userinfo',
  device: '/device',
  par: '/par',
}

/** The metadata that a fake authorization server publishes. */
export const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: issuer + PATHS.token,
  revocation_endpoint: issuer + PATHS.revocation,
  introspection_endpoint: issuer + PATHS.introspection,
  userinfo_endpoint: issuer + PATHS.userinfo,
  device_authorization_endpoint: issuer + PATHS.device,
  pushed_authorization_request_endpoint: issuer + PATHS.par,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
})

/** The endpoint of a URL, if there is one. */
export function endpointOf(issuer: string, url: URL): FakeEndpoint | undefined {
  if (url.pathname.includes('/.well-known/')) return 'metadata'
  const names = Object.keys(PATHS) as (keyof typeof PATHS)[]
  return names.find(name => url.origin + url.pathname === issuer + PATHS[name])
}

const refusal = (error: string, status = 400): FakeAnswer => ({ status, body: { error } })

/** The value of a one-time entry, which is removed. */
function take<T>(entries: Map<string, T>, name: string | null): T | undefined {
  const found = entries.get(name ?? '')
  entries.delete(name ?? '')
  return found
}

const bearerOf = ({ header }: FakeRequest) => /^Bearer (.+)$/i.exec(header('authorization') ?? '')?.[1] ?? ''

function clientOf({ header, parameters }: FakeRequest): string | null {
  const basic = /^Basic (.+)$/.exec(header('authorization') ?? '')?.[1]
  return parameters.get('client_id') ?? (basic ? decodeURIComponent(atob(basic).split(':')[0] ?? '') : null)
}

function exchangeCode(state: FakeState, request: FakeRequest): FakeAnswer {
  const { parameters } = request
  const code = take(state.codes, parameters.get('code'))
  const challenge = base64url(digest(sha256, utf8(parameters.get('code_verifier') ?? '')))
  const isProven = code && (!code.challenge || code.challenge === challenge)
  if (!isProven || code.redirectUri !== parameters.get('redirect_uri')) return refusal('invalid_grant')
  const identity = state.identify(code.family, clientOf(request), code.nonce)
  return { status: 200, body: state.give(code.family, true, identity) }
}

function refreshTokens(state: FakeState, { parameters }: FakeRequest): FakeAnswer {
  const found = state.refresh.get(parameters.get('refresh_token') ?? '')
  if (found?.spent) {
    state.counts.reuse += 1
    found.family.revoked = true
  }
  if (!found || found.family.revoked) return refusal('invalid_grant')
  found.spent = state.rotate
  return { status: 200, body: state.give(found.family, state.rotate) }
}

function redeemDeviceCode(state: FakeState, request: FakeRequest): FakeAnswer {
  const device_code = request.parameters.get('device_code')
  const device = state.devices.get(device_code ?? '')
  if (!device) return refusal('expired_token')
  if (device.state === 'pending') return refusal('authorization_pending')
  take(state.devices, device_code)
  if (device.state === 'refused') return refusal('access_denied')
  const identity = state.identify(device.family, clientOf(request))
  return { status: 200, body: state.give(device.family, true, identity) }
}

/** Client credentials, password, assertions, token exchange: every caller gets a token. */
function grantUnattended(state: FakeState, { parameters }: FakeRequest): FakeAnswer {
  const grantType = parameters.get('grant_type') ?? ''
  const token = state.give(state.newFamily(parameters.get('scope')), grantType === 'password')
  const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token'
  return {
    status: 200,
    body: grantType.endsWith(':token-exchange') ? { ...token, issued_token_type } : token,
  }
}

const grants: Record<string, typeof exchangeCode> = {
  authorization_code: exchangeCode,
  refresh_token: refreshTokens,
  'urn:ietf:params:oauth:grant-type:device_code': redeemDeviceCode,
}

const endpoints: Record<FakeEndpoint, (state: FakeState, request: FakeRequest) => FakeAnswer> = {
  metadata: ({ issuer }) => ({ status: 200, body: metadataOf(issuer) }),
  token(state, request) {
    state.tokenRequests.push(request.parameters)
    return (grants[request.parameters.get('grant_type') ?? ''] ?? grantUnattended)(state, request)
  },
  revocation({ refresh, access }, { parameters }) {
    const token = parameters.get('token') ?? ''
    const granted = refresh.get(token)
    if (granted) granted.family.revoked = true
    const given = access.get(token)
    if (given) given.revoked = true
    return { status: 200 }
  },
  introspection({ access, isActive }, { parameters }) {
    const token = parameters.get('token') ?? ''
    const found = access.get(token)
    if (!found || !isActive(token)) return { status: 200, body: { active: false } }
    const { family, expiresAt } = found
    return { status: 200, body: { active: true, scope: family.scope, exp: expiresAt, ...family.claims } }
  },
  userinfo({ access, isActive }, request) {
    const token = bearerOf(request)
    if (isActive(token)) return { status: 200, body: access.get(token)?.family.claims }
    return {
      ...refusal('invalid_token', 401),
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    }
  },
  device({ issuer, devices, next, newFamily }, { parameters }) {
    const device_code = next('device')
    devices.set(device_code, { family: newFamily(parameters.get('scope')), state: 'pending' })
    const code = { device_code, user_code: 'ABCD-EFGH', verification_uri: `${issuer}/activate` }
    return { status: 200, body: { ...code, expires_in: 600, interval: 1 } }
  },
  par({ pushed, next }, { parameters }) {
    const request_uri = `urn:ietf:params:oauth:request_uri:${next('request')}`
    pushed.set(request_uri, parameters)
    return { status: 201, body: { request_uri, expires_in: 60 } }
  },
}

/** Answers a call to an endpoint. */
export const answerEndpoint = (state: FakeState, endpoint: FakeEndpoint, request: FakeRequest): FakeAnswer =>
  endpoints[endpoint](state, request)

/** Makes an adapter's answer for an API that takes the server's access tokens. */
export const isAuthorized = (state: FakeState, request: FakeRequest): boolean =>
  state.isActive(bearerOf(request))

/** Plays the browser: from the authorization URL to the URL of the callback. */
export function signInAt(
  { issuer, pushed, codes, next, newFamily }: FakeState,
  url: string | URL,
  { claims, error }: { claims?: Record<string, unknown>; error?: string } = {},
): string {
  const own = new URL(url).searchParams
  const query = pushed.get(own.get('request_uri') ?? '') ?? own
  const redirectUri = query.get('redirect_uri') ?? ''
  const callback = new URL(redirectUri)
  const state = query.get('state')
  if (state) callback.searchParams.set('state', state)
  callback.searchParams.set('iss', issuer)
  if (error) {
    callback.searchParams.set('error', error)
    return callback.href
  }
  const code = next('code')
  const family = newFamily(query.get('scope'), claims)
  codes.set(code, { family, redirectUri, challenge: query.get('code_challenge'), nonce: query.get('nonce') })
  callback.searchParams.set('code', code)
  return callback.href
}
