/** A seeded stream of random numbers: the only source of chance in a simulated world. */
export interface Chance {
  /** In [0, 1). */
  (): number
  /** A whole number in [0, below). */
  below(below: number): number
  /** True so often. */
  happens(probability: number): boolean
  /** One of these. */
  pick<T>(from: readonly T[]): T
  /** Another stream, which the draws from this one do not disturb. */
  fork(): Chance
}

/** Makes a stream (mulberry32): small, fast, the same everywhere. */
export function chance(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return Object.assign(next, {
    below,
    happens: (probability: number) => next() < probability,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    fork: () => chance(below(2 ** 31)),
  })
}
