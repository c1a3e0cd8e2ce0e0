import type { Awaitable } from '../auth/scheme.js'
import { digest, type Hash } from '../crypto/digest.js'
import { sha1 } from '../crypto/sha1.js'
import { oauthError } from '../errors.js'
import { base64 } from '../lib/base64url.js'
import type { CryptoLike } from '../server/call.js'
import { readable } from './body.js'
import type { BodyHash } from './options.js'

/** Computes `oauth_body_hash`. */
export interface BodyHasher {
  readonly when: 'auto' | 'always' | 'never'
  /** True if the hash of this body is available synchronously. */
  isSync(data: unknown): boolean
  /**
   * The hash of a body; `''` if the body gets none.
   * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a body that must have one and cannot,
   * `OAUTH_CRYPTO_MISSING`
   */
  hash(data: unknown): Awaitable<string>
}

/**
 * Creates the function that hashes bodies. `known` is the hash function of the signature method.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @see https://datatracker.ietf.org/doc/html/draft-eaton-oauth-bodyhash-00
 */
export function bodyHasher(
  option: BodyHash,
  known: Hash | undefined,
  crypto: CryptoLike | undefined,
): BodyHasher {
  const { when, hash: algorithm } = typeof option === 'string' ? { when: option, hash: 'SHA-1' } : option
  if (!/^(auto|always|never)$/.test(when) || !/^SHA-(1|256)$/.test(algorithm))
    throw oauthError('OAUTH_INVALID_OPTION', 'bodyHash')
  const synchronous = [sha1, known].find(hash => hash?.name === algorithm)

  const hashBytes = (bytes: Uint8Array): Awaitable<string> => {
    if (synchronous) return base64(digest(synchronous, bytes))
    if (!crypto?.subtle) throw oauthError('OAUTH_CRYPTO_MISSING', 'digest', { algorithm })
    return crypto.subtle
      .digest(algorithm, bytes as Uint8Array<ArrayBuffer>)
      .then(found => base64(new Uint8Array(found)))
  }

  return {
    when,
    isSync: data => when === 'never' || (!!synchronous && !isBlob(data)),
    hash(data) {
      const body = readable(data)
      if (body !== undefined)
        return hashBytes(typeof body === 'string' ? new TextEncoder().encode(body) : body)
      if (isBlob(data)) return data.arrayBuffer().then(buffer => hashBytes(new Uint8Array(buffer)))
      if (when === 'auto') return ''
      throw oauthError('OAUTH_SIGNATURE_FAILED', 'bodyHash')
    },
  }
}

const isBlob = (data: unknown): data is Blob =>
  typeof (data as Partial<Blob> | undefined)?.arrayBuffer === 'function'
