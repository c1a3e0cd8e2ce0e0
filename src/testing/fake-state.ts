import { base64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'
import type { FakeAuthorizationServerOptions, FakeEndpoint, FakeToken } from './fake-types.js'

/** The tokens of one sign-in, which are renewed and revoked together. */
export interface Family {
  scope: string | undefined
  claims: Record<string, unknown>
  revoked: boolean
}

/** The memory of a fake authorization server. */
export interface FakeState {
  readonly issuer: string
  readonly rotate: boolean
  readonly counts: Record<FakeEndpoint | 'reuse', number>
  readonly tokenRequests: URLSearchParams[]
  readonly access: Map<string, { family: Family; expiresAt: number; revoked: boolean }>
  readonly refresh: Map<string, { family: Family; spent: boolean }>
  readonly codes: Map<
    string,
    { family: Family; redirectUri: string; challenge: string | null; nonce: string | null }
  >
  readonly pushed: Map<string, URLSearchParams>
  readonly devices: Map<string, { family: Family; state: 'pending' | 'approved' | 'refused' }>
  /** A new value of that kind, such as `access-1`. */
  next(kind: string): string
  newFamily(scope?: string | null, claims?: Record<string, unknown>): Family
  /** Issues an access token, and a refresh token if requested. */
  give(family: Family, withRefresh: boolean, extra?: Partial<FakeToken>): FakeToken
  /** The ID token of a grant with the scope `openid`, as a member of the token response. */
  identify(family: Family, audience: string | null, nonce?: string | null): Partial<FakeToken>
  isActive(accessToken: string): boolean
}

/** A JWT without a signature: enough for code that reads claims, refused by a session with `openid`. */
export function unsignedJwt(claims: Record<string, unknown>): string {
  const part = (value: object) => base64url(utf8(JSON.stringify(value)))
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`
}

/** Creates the memory of a fake authorization server. */
export function fakeState({
  issuer = 'https://auth.example.test',
  expiresIn = 3600,
  rotate = true,
  claims = {},
  clock = () => Math.floor(Date.now() / 1000),
}: FakeAuthorizationServerOptions): FakeState {
  let made = 0
  const counts = {
    metadata: 0,
    token: 0,
    revocation: 0,
    introspection: 0,
    userinfo: 0,
    device: 0,
    par: 0,
    reuse: 0,
  }
  const state: FakeState = {
    issuer,
    rotate,
    counts,
    tokenRequests: [],
    access: new Map(),
    refresh: new Map(),
    codes: new Map(),
    pushed: new Map(),
    devices: new Map(),
    next: kind => `${kind}-${++made}`,
    newFamily: (scope, more) => ({
      scope: scope ?? undefined,
      claims: { sub: 'user', ...claims, ...more },
      revoked: false,
    }),
    give(family, withRefresh, extra = {}) {
      const access_token = state.next('access')
      state.access.set(access_token, { family, expiresAt: clock() + expiresIn, revoked: false })
      const token: FakeToken = { access_token, token_type: 'Bearer', expires_in: expiresIn, ...extra }
      if (family.scope) token.scope = family.scope
      if (!withRefresh) return token
      token.refresh_token = state.next('refresh')
      state.refresh.set(token.refresh_token, { family, spent: false })
      return token
    },
    identify({ scope, claims: person }, audience, nonce) {
      if (!scope?.split(' ').includes('openid')) return {}
      const times = { iat: clock(), exp: clock() + expiresIn }
      const asked = { iss: issuer, aud: audience ?? 'app', ...(nonce && { nonce }) }
      return { id_token: unsignedJwt({ ...asked, ...times, ...person }) }
    },
    isActive(token) {
      const found = state.access.get(token)
      return !!found && !found.revoked && !found.family.revoked && found.expiresAt > clock()
    },
  }
  return state
}
