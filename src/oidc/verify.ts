import { compactDecrypt, compactVerify, decodeProtectedHeader, type JWSHeaderParameters } from 'jose'
import { OAuthError, oauthError } from '../errors.js'
import { utf8 } from '../lib/utf8.js'
import type { ClientMetadata, Clock, Send, ServerMetadata } from '../server/call.js'
import { type KeySource, keySource } from './keys.js'

/** What may sign where nothing else is said; `none` and the shared secret are not among it. */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** Options of everything that verifies a JWT of the authorization server. */
export interface VerifierOptions {
  /**
   * Which signatures are accepted. Default: what the client is registered for, else what the server's
   * metadata lists, else `RS256`; never `none`.
   */
  algorithms?: readonly string[]
  /** Opens encrypted ones: a private key (JWK or CryptoKey) of the client. */
  decryptionKey?: CryptoKey | JsonWebKey
  /**
   * Key management algorithms that are accepted for encrypted ones. Default: RSA-OAEP, RSA-OAEP-256 and the
   * ECDH-ES family.
   */
  keyManagementAlgorithms?: readonly string[]
  /** Seconds after which the server's keys are read again. Default 600. */
  maxAge?: number
  /** Seconds that must pass before an unknown `kid` makes them be read again. Default 30. */
  cooldown?: number
}

/** Who a JWT must come from and be for. */
export interface VerificationContext {
  server: ServerMetadata
  client: ClientMetadata
  clock: Clock
  send: Send
  allowInsecure?: true | string[] | undefined
}

/** A JWT whose signature was verified. */
export interface VerifiedJwt {
  jwt: string
  header: JWSHeaderParameters
  claims: Record<string, unknown>
}

const fail = (what: string, cause?: unknown) =>
  oauthError('OAUTH_ID_TOKEN_INVALID', 'token', { problem: what }, { cause })

/**
 * Base64url as an encoder writes it: decoders pass over spaces and stray bits, so that one signature would
 * fit many texts.
 */
const isBase64url = (part: string) => /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/.test(part)

/** Which algorithms a kind of JWT may be signed with. */
function allowed(options: VerifierOptions, { server, client }: VerificationContext, kind: string): string[] {
  const registered = client[`${kind}_signed_response_alg`] as string | undefined
  const listed = server[`${kind}_signing_alg_values_supported`] as string[] | undefined
  const wanted =
    options.algorithms ??
    (registered ? [registered] : (listed?.filter(alg => ASYMMETRIC.includes(alg)) ?? ['RS256']))
  return wanted.filter(alg => ASYMMETRIC.includes(alg) || /^HS(256|384|512)$/.test(alg))
}

/** How a content key may be wrapped: neither by a password nor by RSA of 1993. */
const KEY_MANAGEMENT = ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW']

/** The signed JWT inside an encrypted one; any other as it is. */
async function open(
  token: string,
  kind: string,
  options: VerifierOptions,
  client: ClientMetadata,
): Promise<string> {
  const isEncrypted = token.split('.').length === 5
  if (!isEncrypted && client[`${kind}_encrypted_response_alg`]) throw fail('it should be encrypted')
  if (!isEncrypted) return token
  const { decryptionKey, keyManagementAlgorithms = KEY_MANAGEMENT } = options
  if (!decryptionKey) throw fail('it is encrypted, and there is no decryptionKey')
  const opened = await compactDecrypt(token, decryptionKey as CryptoKey, {
    keyManagementAlgorithms: [...keyManagementAlgorithms],
  })
  return new TextDecoder().decode(opened.plaintext)
}

/** Opens a JWT and reads its header. @throws OAuthError `OAUTH_ID_TOKEN_INVALID` for what is none */
async function readJwt(token: string, kind: string, options: VerifierOptions, client: ClientMetadata) {
  if (!token.split('.').every(isBase64url)) throw fail('it cannot be read')
  try {
    const jwt = await open(token, kind, options, client)
    return { jwt, header: decodeProtectedHeader(jwt) as JWSHeaderParameters }
  } catch (error) {
    throw error instanceof OAuthError ? error : fail('it cannot be read', error)
  }
}

/** The keys that may have signed: the server's, or for HS256 and its kin the client's secret. */
async function keysFor(header: JWSHeaderParameters, keys: KeySource, context: VerificationContext) {
  const { server, client } = context
  if (header.alg?.startsWith('HS')) {
    if (!client.client_secret) throw fail(`alg ${header.alg} needs a client_secret`)
    return [Uint8Array.from(utf8(client.client_secret))]
  }
  if (!server.jwks_uri) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'jwks_uri' })
  return keys.find(server.jwks_uri, header, context)
}

/** The claims of a JWT whose signature this key verifies. */
async function verifyWith(key: CryptoKey | Uint8Array, jwt: string, algorithms: string[]) {
  const { payload } = await compactVerify(jwt, key, { algorithms })
  const claims = JSON.parse(new TextDecoder().decode(payload))
  if (typeof claims !== 'object' || !claims || Array.isArray(claims)) throw fail('its claims are no object')
  return claims as Record<string, unknown>
}

/**
 * Makes the function that opens and verifies JWTs of an authorization server with the keys that it publishes.
 * `kind` is the prefix of the metadata that name the algorithms (`id_token`, `userinfo`, `authorization`).
 * Claims are the caller's to check.
 */
export function jwtVerifier(
  options: VerifierOptions,
  keys: KeySource = keySource(options),
): (jwt: string, kind: string, context: VerificationContext) => Promise<VerifiedJwt> {
  return async (token, kind, context) => {
    const { jwt, header } = await readJwt(token, kind, options, context.client)
    const algorithms = allowed(options, context, kind)
    const { alg = 'none' } = header
    if (!algorithms.includes(alg)) throw fail(`alg ${alg} is not one of ${algorithms.join(', ')}`)
    let failure: unknown
    for (const key of await keysFor(header, keys, context)) {
      try {
        return { jwt, header, claims: await verifyWith(key, jwt, algorithms) }
      } catch (error) {
        failure = error
      }
    }
    throw failure instanceof OAuthError ? failure : fail('signature', failure)
  }
}

/** Refuses a token. @throws OAuthError `OAUTH_ID_TOKEN_INVALID` */
export function insist(holds: unknown, claim: string): asserts holds {
  if (!holds) throw fail(claim)
}
