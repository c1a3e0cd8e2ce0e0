export const FORM_TYPE = 'application/x-www-form-urlencoded'

/**
 * The readable content of a request body: its text or its bytes; `''` if there is none; `undefined` for
 * streams, files, multipart forms.
 */
export function readable(data: unknown): string | Uint8Array | undefined {
  if (data === undefined || data === null) return ''
  if (typeof data === 'string') return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  // The tag works for other windows and polyfills, unlike instanceof.
  const tag = Object.prototype.toString.call(data)
  if (tag === '[object ArrayBuffer]') return new Uint8Array(data as ArrayBuffer)
  return tag === '[object URLSearchParams]' ? String(data) : undefined
}

/** Bytes as ASCII text with the same meaning in a form. */
const asForm = (body: string | Uint8Array): string =>
  typeof body === 'string'
    ? body
    : body.reduce(
        (text, byte) => text + (byte < 128 ? String.fromCharCode(byte) : `%${byte.toString(16)}`),
        '',
      )

/** True if a content type is that of a form, with any charset. */
const isForm = (contentType: string | undefined): boolean =>
  /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')

/** A request body as signing sees it. */
export interface RequestBody {
  /** The fields of a form; `''` for any other body. */
  readonly form: string
  /** True if the body is a readable form. */
  readonly isForm: boolean
  readonly isEmpty: boolean
  /** True for a stream under the content type of a form, which is axios's default for a stream. */
  readonly isMistyped: boolean
}

/** Reads the body of a request for signing. */
export function readBody(data: unknown, contentType: string | undefined): RequestBody {
  const body = readable(data)
  const typed = data !== undefined && isForm(contentType)
  const isReadableForm = typed && body !== undefined
  return {
    form: isReadableForm ? asForm(body) : '',
    isForm: isReadableForm,
    isEmpty: body?.length === 0,
    isMistyped: typed && body === undefined && !(data as Partial<FormData>).append,
  }
}
