/**
 * The values to keep between the redirect to the authorization server and the callback: plain JSON, bound to
 * the user's own browser session (`sessionStorage`, a server-side session), usable once, for ten minutes.
 * `code_verifier` is a secret.
 */
export interface AuthorizationTransaction {
  /** The issuer; without one in the metadata, the authorization and token endpoints. */
  issuer: string
  client_id: string
  response_type: string
  state: string
  /** Seconds since the epoch. */
  created_at: number
  redirect_uri?: string
  nonce?: string
  code_verifier?: string
  scope?: string
  resource?: string | readonly string[]
  /** Seconds. */
  max_age?: number
}
