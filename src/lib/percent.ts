const UNRESERVED = /^[\w.~-]*$/

/**
 * Percent-encodes text as OAuth 1.0 wants it: UTF-8, everything but `A-Z a-z 0-9 - . _ ~`, hex digits in upper case.
 * Half a surrogate pair becomes U+FFFD, as it does when the text is sent.
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.6
 */
export const percentEncode = (text: string): string =>
  UNRESERVED.test(text)
    ? text
    : encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(
        /[!'()*]/g,
        char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      )

/**
 * Brings a name or value of a query or a form, as it stands on the wire, to the one spelling of {@link percentEncode}: what
 * decoding it as a form and encoding it again would give, but byte by byte, so that it holds for bytes that are not UTF-8 too.
 * A `%` that begins no escape is handed to `stray`, which answers its spelling or throws.
 */
export const percentNormalize = (wire: string, stray: (wire: string) => string): string =>
  UNRESERVED.test(wire)
    ? wire
    : wire.replace(/%[\da-f]{2}|%|\+|[^\w.~%+-]+/gi, found => {
        if (found === '+') return '%20'
        if (found === '%') return stray(wire)
        if (found[0] !== '%') return percentEncode(found)
        const char = String.fromCharCode(Number.parseInt(found.slice(1), 16))
        return UNRESERVED.test(char) ? char : found.toUpperCase()
      })
