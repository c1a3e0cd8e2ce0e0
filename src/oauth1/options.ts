import { oauthError } from '../errors.js'
import type { Clock, CryptoLike } from '../server/call.js'
import type { SignatureMethod } from '../signature-methods/signature-method.js'

/** The place of the protocol parameters: the `Authorization` header, the query, or a form body. */
export type Placement = 'header' | 'query' | 'body'

/**
 * Token credentials (or temporary ones), in wire names, with all further members of the server's answer.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2.3
 */
export interface OAuth1Token {
  oauth_token: string
  oauth_token_secret?: string
  [parameter: string]: unknown
}

/** `oauth_callback`, `oauth_verifier` and parameters of the server; the generated ones win over them. */
export type ProtocolParameters = Record<`oauth_${string}`, string>

/**
 * The requests with `oauth_body_hash`: with `auto` all but form bodies, by the draft; with `always` forms
 * too.
 */
export type BodyHash = 'auto' | 'always' | 'never' | { when: 'auto' | 'always'; hash: 'SHA-1' | 'SHA-256' }

/** Options of the signature. */
export interface OAuth1SigningOptions {
  client: { key: string; secret?: string }
  /** Default `hmacSha1()`. */
  signatureMethod?: SignatureMethod
  /** Default `'header'`. */
  placement?: Placement
  /** Sent in the header, never signed. */
  realm?: string
  /** False omits `oauth_version`; default true. */
  version?: boolean
  /** Default `'never'`; a name alone means SHA-1. */
  bodyHash?: BodyHash
  protocolParameters?: ProtocolParameters
  /** Seconds since the epoch; default the clock of the machine. */
  clock?: Clock
  /** A string that is new within its second; default 23 random letters and digits. */
  nonce?: () => string
  /** For RSA, for a SHA-256 body hash, and for random nonces; default `globalThis.crypto`. */
  crypto?: CryptoLike
  /** Origins for PLAINTEXT and the sign-in over plain http, or `true` for all; loopback is always allowed. */
  allowInsecure?: true | string[]
  /**
   * Treats a `%` that is not an escape as a percent sign, as browsers and most servers do, instead of
   * refusing to sign.
   */
  lenient?: boolean
}

/**
 * Options of `attachOAuth1`: the signature and the credentials. Without `token` only the client is
 * authenticated.
 */
export interface OAuth1Options extends OAuth1SigningOptions {
  /** An empty `oauth_token` is sent as it is: some servers want one without token credentials. */
  token?: OAuth1Token
}

/** The options of {@link OAuth1SigningOptions}. */
export const SIGNING_OPTIONS: readonly string[] = [
  'client',
  'signatureMethod',
  'placement',
  'realm',
  'version',
  'bodyHash',
  'protocolParameters',
  'clock',
  'nonce',
  'crypto',
  'allowInsecure',
  'lenient',
]

/** A protocol name that no signature generates. */
const isFreeName = (name: string) => /^oauth_(?!(nonce|timestamp|signature)$)\w+$/.test(name)

/**
 * Refuses options that could sign nothing.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkSigningOptions(options: OAuth1SigningOptions): void {
  const { client, signatureMethod: method, placement = 'header', protocolParameters = {} } = options
  if (!client?.key) throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'client.key' })
  if (method !== undefined && (typeof method.sign !== 'function' || !method.name))
    throw oauthError('OAUTH_INVALID_OPTION', 'signatureMethod')
  if (!/^(header|query|body)$/.test(placement)) throw oauthError('OAUTH_INVALID_OPTION', 'placement')
  const wrong = Object.keys(protocolParameters).find(name => !isFreeName(name))
  if (wrong) throw oauthError('OAUTH_INVALID_OPTION', 'protocolParameter', { name: wrong })
}
