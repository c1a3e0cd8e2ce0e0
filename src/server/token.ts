/**
 * An access token with what the server said about it, in wire names. Opaque: nothing here looks inside
 * `access_token`. `expires_at` (seconds since the epoch) is reckoned when the token arrives; without it the
 * token is used until it is refused.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export interface Token {
  access_token: string
  token_type?: string
  expires_in?: number
  expires_at?: number
  refresh_token?: string
  scope?: string
  id_token?: string
  [parameter: string]: unknown
}

/**
 * Tells whether a token is of no use any more at `now` (seconds), with `leeway` seconds to spare but never
 * more than half of its life. A token of unknown expiry is used until it is refused.
 */
export const expiresWithin = ({ expires_at, expires_in }: Token, leeway: number, now: number): boolean =>
  expires_at !== undefined && expires_at - Math.min(leeway, expires_in ? expires_in / 2 : leeway) <= now
