/**
 * Tests that need something a fresh machine may lack (a Redis server, Python's oauthlib): left out where it
 * is missing, with a line at the end of the run that says how to get it. With REQUIRE_ALL=1 a missing thing
 * is a failed test, so that CI cannot be green because it tested less.
 */

/** Between a suite's title and the way to run it; ./skipped-reporter.mjs reads it. */
export const LEFT_OUT = ' » left out: '

/**
 * `describe` where `available`, else a suite that is left out.
 *
 * @param what what is missing, as a person calls it: `redis-server`
 * @param how how to get it: `apt-get install redis-server`
 */
export function optional(
  what: string,
  available: boolean,
  how: string,
): (title: string, suite: () => void) => void {
  if (available) return (title, suite) => describe(title, suite)
  const reason = `${what} is missing (${how})`
  if (process.env.REQUIRE_ALL === '1') {
    return title =>
      describe(title, () => {
        test(`has what it needs: ${what}`, () => {
          throw new Error(reason)
        })
      })
  }
  return (title, suite) => describe.skip(`${title}${LEFT_OUT}${reason}`, suite)
}
