const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Base64 with padding. Written out because `btoa` is missing in older React Native.
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    for (let digit = 0; digit < 4; digit++)
      text += digit > left ? '=' : alphabet[(bits >> (18 - 6 * digit)) & 63]
  }
  return text
}

/**
 * Base64 for URLs, without padding.
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-5
 */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')

/**
 * Reads base64url; padding and the standard alphabet are accepted too. Returns `undefined` for any other
 * text.
 */
export function fromBase64url(text: string): Uint8Array | undefined {
  const digits = text
    .replace(/-/g, '+')
    .replace(/_/g, '/')
    .replace(/={0,2}$/, '')
  if (/[^\w+/]|_/.test(digits) || digits.length % 4 === 1) return undefined
  const valueAt = (at: number) => alphabet.indexOf(digits[at] as string)
  // Byte i begins in digit i * 4 / 3. The array keeps the last eight bits.
  return Uint8Array.from({ length: (digits.length * 3) >> 2 }, (_, i) => {
    const at = Math.floor((i * 4) / 3)
    return ((valueAt(at) << 6) | valueAt(at + 1)) >> (4 - 2 * (i % 3))
  })
}

/**
 * Reads base64url as UTF-8 text.
 * @throws URIError when it is not base64url, or not UTF-8
 */
export function decodeBase64url(text: string): string {
  const bytes = fromBase64url(text)
  if (!bytes) throw new URIError('Not base64url')
  return decodeURIComponent(Array.from(bytes, byte => `%${(byte + 256).toString(16).slice(1)}`).join(''))
}
