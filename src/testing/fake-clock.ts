/** A clock that a test turns; give it to a session as `clock`. */
export interface FakeClock {
  /** The time it shows, in seconds since the epoch. */
  (): number
  /** Turns it forward by so many seconds. */
  advance(seconds: number): void
  /** Sets it, in seconds since the epoch. */
  set(seconds: number): void
}

/**
 * Makes a clock that stands still until the test turns it, so that no test has to wait for a token to expire.
 * `start` is in seconds since the epoch; default: the time at which it is made.
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
