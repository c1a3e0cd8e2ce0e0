/**
 * What of a request body can be read here without changing it: its text, its bytes; `''` when there is none; `undefined` for
 * streams, files, multipart forms.
 */
export function readable(data: unknown): string | Uint8Array | undefined {
  if (data === undefined || data === null) return ''
  if (typeof data === 'string') return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  // by tag, not by instanceof: it may come from another window or from a polyfill
  const tag = Object.prototype.toString.call(data)
  if (tag === '[object ArrayBuffer]') return new Uint8Array(data as ArrayBuffer)
  return tag === '[object URLSearchParams]' ? String(data) : undefined
}

/** Bytes as ASCII text that means the same in a form. */
export const asForm = (body: string | Uint8Array): string =>
  typeof body === 'string'
    ? body
    : body.reduce((text, byte) => text + (byte < 128 ? String.fromCharCode(byte) : `%${byte.toString(16)}`), '')

/** Whether a content type says that the body is a form, whatever its charset. */
export const isForm = (contentType: string | undefined): boolean =>
  /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')
