interface Streamlike {
  pipe?: unknown
  getReader?: unknown
  destroy?(): void
  cancel?(): Promise<unknown>
  [Symbol.asyncIterator]?: unknown
}

/**
 * True for a body that can be sent twice: text, bytes, forms, blobs. A stream, a `form-data` object (which is
 * one) and an async iterable are spent by the first send.
 */
export function isReplayable(data: unknown): boolean {
  const body = data as Streamlike | undefined | null
  return !(body && (body.pipe || body.getReader || body[Symbol.asyncIterator]))
}

interface NodeForm {
  getBuffer?(): Uint8Array
  getHeaders?(): Record<string, string>
  _streams?: unknown[]
}

/** A body that takes the place of one that was spent, with the type that names its boundary. */
export interface SpareBody {
  data: Uint8Array
  contentType: string
}

/**
 * Remembers a `form-data` object (axios makes one of `postForm({ … })` in Node) whose parts are all text or
 * bytes: sending spends it, and the function that is answered makes the same bytes again. `undefined` for any
 * other body.
 */
export function rememberForm(body: unknown): (() => SpareBody) | undefined {
  const form = body as NodeForm | undefined | null
  const parts = form?._streams
  if (!parts || !form?.getBuffer || !form.getHeaders) return undefined
  const isKnown = (part: unknown) => typeof part === 'string' || part instanceof Uint8Array
  // the functions among them write the line ends
  if (!parts.every(part => isKnown(part) || typeof part === 'function')) return undefined
  const copy: NodeForm = Object.create(form, { _streams: { value: [...parts] } })
  return () => ({
    data: copy.getBuffer?.() as Uint8Array,
    contentType: copy.getHeaders?.()['content-type'] as string,
  })
}

/** Ends a response stream that nobody will read; anything else is left alone. */
export function discard(data: unknown): void {
  const body = data as Streamlike | undefined | null
  if (body?.pipe) body.destroy?.()
  else if (body?.getReader) body.cancel?.().catch(() => {})
}
