/** The endpoints of a fake authorization server. */
export type FakeEndpoint =
  | 'metadata'
  | 'token'
  | 'revocation'
  | 'introspection'
  | 'userinfo'
  | 'device'
  | 'par'

/** Options of `fakeAuthorizationServer`. Times are seconds. */
export interface FakeAuthorizationServerOptions {
  /** Default `https://auth.example.test`. */
  issuer?: string
  /** `expires_in` of new access tokens. Default 3600. */
  expiresIn?: number
  /**
   * A refresh returns a new refresh token and spends the old one; reuse of a spent one ends the grant.
   * Default true.
   */
  rotate?: boolean
  /** Seconds since the epoch; default the system's clock. Give the session the same one. */
  clock?: () => number
  /** Claims of the person who signs in. Default `{ sub: 'user' }`. */
  claims?: Record<string, unknown>
}

/** A token answer of a fake authorization server. */
export interface FakeToken {
  access_token: string
  token_type: string
  expires_in: number
  refresh_token?: string
  scope?: string
  id_token?: string
}
