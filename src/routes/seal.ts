import { type CryptoLike, randomBytesOf } from '../crypto/crypto-like.js'
import { webCrypto } from '../crypto/jws.js'
import { oauthError } from '../errors.js'
import { base64url, decodeBase64url, fromBase64url } from '../lib/base64url.js'
import { utf8 } from '../lib/utf8.js'

/** Encrypts texts so that browsers can neither read nor change them, and decrypts them again. */
export interface Seal {
  /** `purpose` says what the text is for: it can be opened only under the same one. */
  seal(value: object, purpose: string): Promise<string>
  /** Returns nothing for a text that was not sealed with one of the secrets and for this purpose. */
  open(text: string | undefined, purpose: string): Promise<unknown>
}

const IV_LENGTH = 12

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function secretsOf(secret: string | readonly string[] | undefined): readonly string[] {
  const secrets = [secret ?? []].flat()
  if (secrets.length === 0 || secrets.some(one => one.length < 32))
    throw oauthError('OAUTH_INVALID_OPTION', 'secret')
  return secrets
}

async function keyFrom(secret: string, subtle: SubtleCrypto): Promise<CryptoKey> {
  const material = await subtle.importKey('raw', utf8(secret) as BufferSource, 'HKDF', false, ['deriveKey'])
  const info = utf8('axios-oauth-interceptor cookies') as BufferSource
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

/**
 * Seals with AES-256-GCM under a key that is derived from the secret. With several secrets the first one
 * seals and all open: put a new one first, and remove the old one later.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a short secret
 */
export function createSeal(secret: string | readonly string[], given?: CryptoLike): Seal {
  const secrets = secretsOf(secret)
  let keys: Promise<CryptoKey>[] | undefined
  const ready = () => {
    const { subtle } = webCrypto(given)
    keys ??= secrets.map(one => keyFrom(one, subtle))
    return { subtle, keys }
  }
  const algorithm = (iv: Uint8Array, purpose: string) => ({
    name: 'AES-GCM',
    iv: iv as BufferSource,
    additionalData: utf8(purpose) as BufferSource,
  })
  return {
    async seal(value, purpose) {
      const { subtle, keys } = ready()
      const iv = randomBytesOf(given ?? globalThis.crypto, IV_LENGTH)
      const content = utf8(JSON.stringify(value)) as BufferSource
      const sealed = await subtle.encrypt(
        algorithm(iv, purpose),
        await (keys[0] as Promise<CryptoKey>),
        content,
      )
      return base64url(Uint8Array.from([...iv, ...new Uint8Array(sealed)]))
    },
    async open(text, purpose) {
      const bytes = text ? fromBase64url(text) : undefined
      if (!bytes || bytes.length <= IV_LENGTH) return undefined
      const { subtle, keys } = ready()
      const [iv, sealed] = [bytes.slice(0, IV_LENGTH), bytes.slice(IV_LENGTH)]
      for (const key of keys)
        try {
          const content = await subtle.decrypt(algorithm(iv, purpose), await key, sealed as BufferSource)
          return JSON.parse(decodeBase64url(base64url(new Uint8Array(content))))
        } catch {
          // Another secret may open it.
        }
      return undefined
    },
  }
}
