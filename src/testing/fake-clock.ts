/** A clock that the test sets; give it to a session as `clock`. */
export interface FakeClock {
  /** The current time, in seconds since the epoch. */
  (): number
  /** Advances it by so many seconds. */
  advance(seconds: number): void
  /** Sets it, in seconds since the epoch. */
  set(seconds: number): void
}

/**
 * Creates a clock that stands still until the test advances it, so that no test waits for a token to expire.
 * `start` is in seconds since the epoch; default: the current time.
 * @example
 * const clock = fakeClock()
 * const session = fakeSession({ clock })
 * clock.advance(3600) // the token has expired
 */
export function fakeClock(start: number = Math.floor(Date.now() / 1000)): FakeClock {
  let now = start
  return Object.assign(() => now, {
    advance(seconds: number) {
      now += seconds
    },
    set(seconds: number) {
      now = seconds
    },
  })
}
