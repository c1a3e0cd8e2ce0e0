import { compactDecrypt, compactVerify, decodeProtectedHeader, type JWSHeaderParameters } from 'jose'
import { OAuthError, oauthError } from '../errors.js'
import { utf8 } from '../lib/utf8.js'
import type { ClientMetadata, Clock, Send, ServerMetadata } from '../server/call.js'
import { type KeySource, keySource } from './keys.js'

/** The default signature algorithms; neither `none` nor shared secrets. */
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

/** Options for verifying JWTs of the authorization server. */
export interface VerifierOptions {
  /**
   * Accepted signature algorithms. Default: those of the client's registration, else of the server's
   * metadata, else `RS256`; never `none`.
   */
  algorithms?: readonly string[]
  /** The private key (JWK or CryptoKey) of the client, for encrypted JWTs. */
  decryptionKey?: CryptoKey | JsonWebKey
  /**
   * Accepted key management algorithms of encrypted JWTs. Default: RSA-OAEP, RSA-OAEP-256 and the ECDH-ES
   * family.
   */
  keyManagementAlgorithms?: readonly string[]
  /** Seconds after which the server's keys are read again. Default 600. */
  maxAge?: number
  /** Seconds between two reads for an unknown `kid`. Default 30. */
  cooldown?: number
}

/** The names of {@link VerifierOptions}. */
export const VERIFIER: Record<keyof VerifierOptions, true> = {
  algorithms: true,
  decryptionKey: true,
  keyManagementAlgorithms: true,
  maxAge: true,
  cooldown: true,
}

/** The expected issuer and audience of a JWT. */
export interface VerificationContext {
  server: ServerMetadata
  client: ClientMetadata
  clock: Clock
  send: Send
  allowInsecure?: true | string[] | undefined
}

/** A JWT with a verified signature. */
export interface VerifiedJwt {
  jwt: string
  header: JWSHeaderParameters
  claims: Record<string, unknown>
}

const fail = (what: string, cause?: unknown) =>
  oauthError('OAUTH_ID_TOKEN_INVALID', 'token', { problem: what }, { cause })

/**
 * Strict base64url: lenient decoders skip spaces and stray bits, so that one signature would match several
 * texts.
 */
const isBase64url = (part: string) => /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/.test(part)

/** The accepted signature algorithms of one kind of JWT. */
function allowed(options: VerifierOptions, { server, client }: VerificationContext, kind: string): string[] {
  const registered = client[`${kind}_signed_response_alg`] as string | undefined
  const listed = server[`${kind}_signing_alg_values_supported`] as string[] | undefined
  const wanted =
    options.algorithms ??
    (registered ? [registered] : (listed?.filter(alg => ASYMMETRIC.includes(alg)) ?? ['RS256']))
  return wanted.filter(alg => ASYMMETRIC.includes(alg) || /^HS(256|384|512)$/.test(alg))
}

/** Accepted key management; neither passwords nor RSA1_5. */
const KEY_MANAGEMENT = ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW']

/** The signed JWT inside an encrypted one; a signed one unchanged. */
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

/** Decrypts a JWT and reads its header. @throws OAuthError `OAUTH_ID_TOKEN_INVALID` for anything else */
async function readJwt(token: string, kind: string, options: VerifierOptions, client: ClientMetadata) {
  if (!token.split('.').every(isBase64url)) throw fail('it cannot be read')
  try {
    const jwt = await open(token, kind, options, client)
    return { jwt, header: decodeProtectedHeader(jwt) as JWSHeaderParameters }
  } catch (error) {
    throw error instanceof OAuthError ? error : fail('it cannot be read', error)
  }
}

/** The keys for verification: those of the server, or the client's secret for HS256 and the like. */
async function keysFor(header: JWSHeaderParameters, keys: KeySource, context: VerificationContext) {
  const { server, client } = context
  if (header.alg?.startsWith('HS')) {
    if (!client.client_secret) throw fail(`alg ${header.alg} needs a client_secret`)
    return [Uint8Array.from(utf8(client.client_secret))]
  }
  if (!server.jwks_uri) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'jwks_uri' })
  return keys.find(server.jwks_uri, header, context)
}

/** The claims of a JWT that this key verifies. */
async function verifyWith(key: CryptoKey | Uint8Array, jwt: string, algorithms: string[]) {
  const { payload } = await compactVerify(jwt, key, { algorithms })
  const claims = JSON.parse(new TextDecoder().decode(payload))
  if (typeof claims !== 'object' || !claims || Array.isArray(claims)) throw fail('its claims are no object')
  return claims as Record<string, unknown>
}

/**
 * Creates the function that decrypts and verifies JWTs of an authorization server with its published keys.
 * `kind` is the prefix of the metadata with the algorithms (`id_token`, `userinfo`, `authorization`). The
 * caller checks the claims.
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

/** Refuses a token if a check fails. @throws OAuthError `OAUTH_ID_TOKEN_INVALID` */
export function insist(holds: unknown, claim: string): asserts holds {
  if (!holds) throw fail(claim)
}
