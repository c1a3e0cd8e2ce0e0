import { compactDecrypt, compactVerify, decodeProtectedHeader, type JWSHeaderParameters } from 'jose'
import { OAuthError, oauthError } from '../errors.js'
import { utf8 } from '../lib/utf8.js'
import type { ClientMetadata, Clock, Send, ServerMetadata } from '../server/call.js'
import { type KeySource, keySource } from './keys.js'

/** What may sign where nothing else is said; `none` and the shared secret are not among it. */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Options of everything that verifies a JWT of the authorization server. */
export interface VerifierOptions {
  /** Which signatures are accepted. Default: what the client is registered for, else what the server's metadata lists, else `RS256`; never `none`. */
  algorithms?: readonly string[]
  /** Opens encrypted ones: a private key (JWK or CryptoKey) of the client. */
  decryptionKey?: CryptoKey | JsonWebKey
  /** Key management algorithms that are accepted for encrypted ones. Default: RSA-OAEP, RSA-OAEP-256 and the ECDH-ES family. */
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

/** Base64url as an encoder writes it: decoders pass over spaces and stray bits, so that one signature would fit many texts. */
const isBase64url = (part: string) => /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/.test(part)

/** Which algorithms a kind of JWT may be signed with. */
function allowed(options: VerifierOptions, { server, client }: VerificationContext, kind: string): string[] {
  const registered = client[`${kind}_signed_response_alg`] as string | undefined
  const listed = server[`${kind}_signing_alg_values_supported`] as string[] | undefined
  const wanted =
    options.algorithms ?? (registered ? [registered] : (listed?.filter(alg => ASYMMETRIC.includes(alg)) ?? ['RS256']))
  return wanted.filter(alg => ASYMMETRIC.includes(alg) || /^HS(256|384|512)$/.test(alg))
}

/**
 * Makes the function that opens and verifies JWTs of an authorization server with the keys that it publishes. `kind` is the
 * prefix of the metadata that name the algorithms (`id_token`, `userinfo`, `authorization`). Claims are the caller's to check.
 */
export function jwtVerifier(
  options: VerifierOptions,
  keys: KeySource = keySource(options),
): (jwt: string, kind: string, context: VerificationContext) => Promise<VerifiedJwt> {
  return async (token, kind, context) => {
    const { server, client } = context
    let jwt = token
    let header: JWSHeaderParameters
    if (!jwt.split('.').every(isBase64url)) throw fail('it cannot be read')
    try {
      if (jwt.split('.').length === 5) {
        const { decryptionKey, keyManagementAlgorithms } = options
        if (!decryptionKey) throw fail('it is encrypted, and there is no decryptionKey')
        const opened = await compactDecrypt(jwt, decryptionKey as CryptoKey, {
          keyManagementAlgorithms: [
            ...(keyManagementAlgorithms ?? ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW']),
          ],
        })
        jwt = new TextDecoder().decode(opened.plaintext)
      } else if (client[`${kind}_encrypted_response_alg`]) throw fail('it should be encrypted')
      header = decodeProtectedHeader(jwt) as JWSHeaderParameters
    } catch (error) {
      throw error instanceof OAuthError ? error : fail('it cannot be read', error)
    }
    const algorithms = allowed(options, context, kind)
    const { alg = 'none' } = header
    if (!algorithms.includes(alg)) throw fail(`alg ${alg} is not one of ${algorithms.join(', ')}`)
    let candidates: Array<CryptoKey | Uint8Array>
    if (alg.startsWith('HS')) {
      if (!client.client_secret) throw fail(`alg ${alg} needs a client_secret`)
      candidates = [Uint8Array.from(utf8(client.client_secret))]
    } else {
      if (!server.jwks_uri) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'jwks_uri' })
      candidates = await keys.find(server.jwks_uri, header, context)
    }
    let failure: unknown
    for (const key of candidates) {
      try {
        const { payload } = await compactVerify(jwt, key, { algorithms })
        const claims = JSON.parse(new TextDecoder().decode(payload))
        if (typeof claims !== 'object' || !claims || Array.isArray(claims)) throw fail('its claims are no object')
        return { jwt, header, claims }
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
