import type { ServerParameters } from '../server/call.js'

/**
 * Options of `createAuthorizationUrl`: the parameters of the specifications, in wire names; other ones
 * go into `parameters`.
 */
export interface AuthorizationOptions {
  /** Exactly as registered: an absolute URI without a fragment. */
  redirect_uri?: string
  scope?: string | readonly string[]
  /** Default: random. */
  state?: string
  /** Default: random if the scope contains `openid`, else none. */
  nonce?: string
  /** Default `code`. */
  response_type?: string
  /** The API of the token; a list for several. */
  resource?: string | readonly string[]
  /** The greatest age of the user's last sign-in, in seconds. */
  max_age?: number
  /** The way of the answer: `query`, `fragment`, `form_post`, `jwt` … */
  response_mode?: string | null | undefined
  /** `none`, `login`, `consent`, `select_account`; several with spaces between them. */
  prompt?: string | null | undefined
  /** `page`, `popup`, `touch`, `wap`. */
  display?: string | null | undefined
  /** A hint to the person: an address, a name. */
  login_hint?: string | null | undefined
  /** An ID token of the expected person. */
  id_token_hint?: string | null | undefined
  /** Languages by preference, with spaces between them. */
  ui_locales?: string | null | undefined
  claims_locales?: string | null | undefined
  /** Requested authentication classes, by preference, with spaces between them. */
  acr_values?: string | null | undefined
  /** JSON: claims that are requested by name. */
  claims?: string | null | undefined
  /** JSON: requests beside scopes (RFC 9396). */
  authorization_details?: string | null | undefined
  /** JSON: metadata of a client that is not registered. */
  registration?: string | null | undefined
  /** A ready request object (JAR). */
  request?: string | null | undefined
  /** The address of a request object (JAR). */
  request_uri?: string | null | undefined
  /** Default `S256`. `false` is for confidential clients only, `plain` for servers without S256. */
  pkce?: 'S256' | 'plain' | false
  /** Default: random. */
  code_verifier?: string
  /**
   * Other parameters (`access_type`, `audience`, `domain_hint` …): a list repeats the key, `null` omits it. A
   * parameter with an option of its own counts as that option.
   */
  parameters?: ServerParameters
}
