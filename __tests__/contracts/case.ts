/** One test of a contract, free of any test runner: it passes when `run` resolves. */
export interface Case {
  name: string
  run(): Promise<void>
}

/** Fails the case with `message` unless `condition` holds. */
export function must(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** Fails unless both are the same as JSON, whatever the order of keys. */
export function mustEqual(actual: unknown, expected: unknown, message: string): void {
  const [a, e] = [canonical(actual), canonical(expected)]
  must(a === e, `${message}: expected ${e?.slice(0, 300)}, got ${a?.slice(0, 300)}`)
}

/** A promise with its handles, for interleavings that are told, not timed. */
export function gate<T = void>(): { promise: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void
  const promise = new Promise<T>(resolve => {
    open = resolve
  })
  return { promise, open }
}

/** The error of a promise that must reject. */
export async function rejection(
  promise: Promise<unknown>,
  message: string,
): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error(message)
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
