import type { IncomingResponse } from '../auth/scheme.js'
import type { Problem } from './problem.js'

/** The clock differences to servers, for each origin. */
export interface ServerClocks {
  /** Seconds to add to the local time in that request. Its URL is parsed only if there is a correction. */
  offset(request: { readonly url: string }): number
  /**
   * Reads a refusal of a request that was signed with `used`. True if another signature can help.
   * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.3
   */
  correct(
    url: string,
    refusal: { response: IncomingResponse; problem: Problem | undefined; used: number },
  ): boolean
  /** Drops a correction that did not help. */
  giveUp(url: string): void
}

/** A smaller difference in seconds is not a reason for a refusal, unless the server says so. */
const MIN_DIFFERENCE = 60
/** A larger difference is ignored: such a date comes from a cache, or is in another unit. */
const MAX_DIFFERENCE = 24 * 60 * 60

const originOf = (url: string): string => /^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? url

/** The server's time: its `Date` plus the age of a cached answer. */
function timeOf(response: IncomingResponse): number {
  const age = Number(response.header('age')) || 0
  return Date.parse(response.header('date') ?? '') / 1000 + Math.max(age, 0)
}

/** Creates {@link ServerClocks}; `clock` is the local one. */
export function serverClocks(clock: () => number): ServerClocks {
  const offsets = new Map<string, number>()
  // Corrections that did not help, so that other refusals do not cause a second request every time.
  const ineffective = new Map<string, number>()
  const known = (origin: string) => offsets.get(origin) ?? 0

  const measured = (response: IncomingResponse, problem: Problem | undefined): number | undefined =>
    [problem?.time, timeOf(response)]
      .map(time => (time ?? Number.NaN) - clock())
      .find(offset => Math.abs(offset) <= MAX_DIFFERENCE)

  const wasIneffective = (origin: string, offset: number) =>
    Math.abs((ineffective.get(origin) ?? Number.NaN) - offset) <= MIN_DIFFERENCE

  return {
    offset: request => (offsets.size ? known(originOf(request.url)) : 0),
    correct(url, { response, problem, used }) {
      const blamed = problem?.kind === 'timestamp'
      const silent = !problem && response.status === 401 && response.authenticated
      if (!blamed && !silent) return false
      const offset = measured(response, problem)
      const origin = originOf(url)
      if (offset === undefined || (silent && wasIneffective(origin, offset))) return blamed
      if (Math.abs(offset - known(origin)) > (blamed ? 0 : MIN_DIFFERENCE)) offsets.set(origin, offset)
      return blamed || known(origin) !== used
    },
    giveUp(url) {
      const origin = originOf(url)
      const offset = offsets.get(origin)
      if (offset !== undefined) ineffective.set(origin, offset)
      offsets.delete(origin)
    },
  }
}
