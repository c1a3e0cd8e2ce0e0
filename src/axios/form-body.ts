import { copyHeaders, writeHeader } from './headers.js'

interface NodeForm {
  getBuffer?(): Uint8Array
  getHeaders?(): Record<string, string>
  _streams?: unknown[]
}

/** Creates the body that replaces a consumed form, with the type that names its boundary. */
export type SpareForm = () => { data: Uint8Array; contentType: string }

/**
 * Remembers a `form-data` object (axios makes one of `postForm({ … })` in Node) whose parts are all text or
 * bytes: sending consumes it, and the returned function creates the same bytes again. `undefined` for any
 * other body.
 */
export function rememberForm(body: unknown): SpareForm | undefined {
  const form = body as NodeForm | undefined | null
  const parts = form?._streams
  if (!parts || !form?.getBuffer || !form.getHeaders) return undefined
  const isKnown = (part: unknown) => typeof part === 'string' || part instanceof Uint8Array
  // The functions in the list write line ends.
  if (!parts.every(part => isKnown(part) || typeof part === 'function')) return undefined
  const copy: NodeForm = Object.create(form, { _streams: { value: [...parts] } })
  return () => ({
    data: copy.getBuffer?.() as Uint8Array,
    contentType: copy.getHeaders?.()['content-type'] as string,
  })
}

/** A request with a form, as far as its body is concerned. */
interface FormRequest {
  readonly spare: SpareForm | undefined
  base: { method?: string | undefined; headers?: object | undefined; data?: unknown }
  readonly headers: object | undefined
}

/** Replaces a consumed form by its bytes; false for any other body. */
export function restoreForm(call: FormRequest): boolean {
  if (!call.spare) return false
  const { data, contentType } = call.spare()
  const { method, headers } = call.base
  call.base = { method, headers: copyHeaders(headers), data }
  // The scheme may already have copied the headers.
  for (const each of [call.base.headers, call.headers]) {
    if (each) writeHeader(each as Record<string, unknown>, 'Content-Type', contentType)
  }
  return true
}
