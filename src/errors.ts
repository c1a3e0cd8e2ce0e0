import { texts } from './error-texts.js'

/** Stable names of all failures. `docs/errors.md` explains the cause and the remedy of each. */
export type OAuthErrorCode =
  | 'OAUTH_INVALID_OPTION'
  | 'OAUTH_ORIGIN_REQUIRED'
  | 'OAUTH_ORIGIN_CONFLICT'
  | 'OAUTH_INSECURE_URL'
  | 'OAUTH_INTERACTION_REQUIRED'
  | 'OAUTH_SESSION_ENDED'
  | 'OAUTH_SESSION_CHANGED'
  | 'OAUTH_NOT_AUTHENTICATED'
  | 'OAUTH_REFUSED'
  | 'OAUTH_NOT_REPLAYABLE'
  | 'OAUTH_ABORTED'
  | 'OAUTH_SERVER_REFUSED'
  | 'OAUTH_SERVER_UNAVAILABLE'
  | 'OAUTH_INVALID_RESPONSE'
  | 'OAUTH_UNSUPPORTED_TOKEN_TYPE'
  | 'OAUTH_ENDPOINT_MISSING'
  | 'OAUTH_LOCK_TIMEOUT'
  | 'OAUTH_STORE_READ'
  | 'OAUTH_STORE_WRITE'
  | 'OAUTH_STORE_VALUE'
  | 'OAUTH_STATE_MISMATCH'
  | 'OAUTH_ISSUER_MISMATCH'
  | 'OAUTH_AUTHORIZATION_FAILED'
  | 'OAUTH_CODE_MISSING'
  | 'OAUTH_TRANSACTION_EXPIRED'
  | 'OAUTH_TRANSACTION_USED'
  | 'OAUTH_ID_TOKEN_INVALID'
  | 'OAUTH_DISCOVERY_FAILED'
  | 'OAUTH_CRYPTO_MISSING'
  | 'OAUTH_HOOK_FAILED'
  | 'OAUTH_SIGNATURE_FAILED'
  | 'OAUTH_SOURCE_ABSENT'
  | 'OAUTH_SOURCE_FAILED'

/** The details of an {@link OAuthError} beside its code: the words of the server, never a credential. */
export interface OAuthErrorDetails {
  /** The server's `error` code, as it sent it. */
  error?: string | undefined
  /** The server's `error_description`; treat it as untrusted text. */
  error_description?: string | undefined
  /** The server's `error_uri`. */
  error_uri?: string | undefined
  /** HTTP status of the response that caused the error. */
  status?: number | undefined
  /** Seconds to wait before a retry, if the server or the back-off set them. */
  retryAfter?: number | undefined
  /** An error of this package or of the user's own code; never the raw error of a token request. */
  cause?: unknown
}

/**
 * The one error class of this package: compare `code`, read `message` for the remedy. Its properties hold the
 * words of the server (`error`, `error_description`, `error_uri`, `status`) and never a secret.
 */
export class OAuthError extends Error {
  /** Stable; see {@link OAuthErrorCode}. */
  readonly code: OAuthErrorCode
  declare readonly error?: string
  declare readonly error_description?: string
  declare readonly error_uri?: string
  declare readonly status?: number
  declare readonly retryAfter?: number

  constructor(code: OAuthErrorCode, message: string, details: OAuthErrorDetails = {}) {
    // The message contains words of the server, which must not add lines to a log or move a terminal's
    // cursor.
    super(message.replace(/[\0-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069]+/g, ' ').trim())
    this.name = 'OAuthError'
    this.code = code
    const { cause, ...words } = details
    Object.assign(this, words)
    if (cause !== undefined)
      Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true })
  }
}

/** The reasons that {@link texts} lists under a code. */
export type OAuthErrorReason<C extends OAuthErrorCode> = keyof (typeof texts)[C] & string

/** The names in braces of a text. */
type Placeholders<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never

/**
 * Creates an error with the text of its code and reason. `values` replace the names in braces; they must not
 * be secrets. Without texts (the light build) the message is `CODE: reason` and the values.
 */
export function oauthError<C extends OAuthErrorCode, R extends OAuthErrorReason<C>>(
  code: C,
  reason: R,
  values: { [name in Placeholders<(typeof texts)[C][R]>]?: unknown } = {},
  details?: OAuthErrorDetails,
): OAuthError {
  const given: Record<string, unknown> = values
  const text: string | undefined = (texts as Partial<Record<string, Record<string, string>>>)[code]?.[reason]
  const message =
    text?.replace(/\{(\w+)\}/g, (_, name) => `${given[name] ?? ''}`) ??
    [`${code}: ${reason}`, ...Object.values(given)].join(' ')
  return new OAuthError(code, message, details)
}

/**
 * True for an {@link OAuthError}, also one of another copy of this package. With `code`, only for an error of
 * that code.
 */
export function isOAuthError<C extends OAuthErrorCode = OAuthErrorCode>(
  value: unknown,
  code?: C,
): value is OAuthError & { readonly code: C } {
  const error = value as Partial<OAuthError> | null | undefined
  return (
    typeof error === 'object' && error?.name === 'OAuthError' && (code === undefined || error.code === code)
  )
}
