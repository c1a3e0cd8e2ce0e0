import { formEncode } from './form.js'

/**
 * The UTF-8 bytes of a text; half a surrogate pair becomes U+FFFD.
 * Read off the form encoding because `TextEncoder` is missing in older React Native.
 */
export const utf8 = (text: string): Uint8Array =>
  Uint8Array.from(formEncode(text).match(/%..|./g) ?? [], unit =>
    unit[1] ? Number.parseInt(unit.slice(1), 16) : unit === '+' ? 32 : unit.charCodeAt(0),
  )
