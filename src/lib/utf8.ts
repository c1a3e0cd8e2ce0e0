import { formEncode } from './form.js'

/** The byte that a unit of the form encoding stands for. */
function byteOf(unit: string): number {
  if (unit[1]) return Number.parseInt(unit.slice(1), 16)
  return unit === '+' ? 32 : unit.charCodeAt(0)
}

/**
 * The UTF-8 bytes of a text; half a surrogate pair becomes U+FFFD.
 * Read off the form encoding because `TextEncoder` is missing in older React Native.
 */
export const utf8 = (text: string): Uint8Array =>
  Uint8Array.from(formEncode(text).match(/%..|./g) ?? [], byteOf)
