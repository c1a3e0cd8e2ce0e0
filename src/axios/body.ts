interface Streamlike {
  pipe?: unknown
  getReader?: unknown
  destroy?(): void
  cancel?(): Promise<unknown>
  [Symbol.asyncIterator]?: unknown
}

/**
 * True for a body that can be sent twice: text, bytes, forms, blobs. A stream, a `form-data` object (which is one) and an
 * async iterable are spent by the first send.
 */
export function isReplayable(data: unknown): boolean {
  const body = data as Streamlike | undefined | null
  return !(body && (body.pipe || body.getReader || body[Symbol.asyncIterator]))
}

/** Ends a response stream that nobody will read; anything else is left alone. */
export function discard(data: unknown): void {
  const body = data as Streamlike | undefined | null
  if (body?.pipe) body.destroy?.()
  else if (body?.getReader) body.cancel?.().catch(() => {})
}
