/**
 * Percent-encodes text as OAuth 1.0 wants it: UTF-8, everything but `A-Z a-z 0-9 - . _ ~`, hex digits in
 * upper case. Half a surrogate pair becomes U+FFFD, as it does when the text is sent.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.6
 */
export function percentEncode(text: string): string {
  if (!/[^\w.~-]/.test(text)) return text
  let encoded: string
  try {
    encoded = encodeURIComponent(text)
  } catch {
    encoded = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
  }
  // most text has none of these, and looking is faster than replacing
  return /[!'()*]/.test(encoded)
    ? encoded.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    : encoded
}
