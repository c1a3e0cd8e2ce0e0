import type { IncomingResponse } from '../auth/scheme.js'

/** What a refusal is about: our clock, a nonce that was used before, or token credentials that are over. */
export interface Problem {
  kind: 'timestamp' | 'nonce' | `token_${'rejected' | 'expired' | 'revoked'}`
  /** Seconds since the epoch, where the server says which timestamps it takes. */
  time?: number
}

/** The words of a response that may say why it refused: the challenge and the body. */
function words(response: IncomingResponse): string {
  let text = response.data
  if (typeof text === 'object')
    try {
      text = JSON.stringify(text)
    } catch {
      // a stream or another thing that cannot be read here
    }
  return `${response.header('www-authenticate')} ${text}`
}

/**
 * Reads why a request was refused. Only a 401 counts, or a 400 or 403 that speaks of `oauth_problem`.
 * @see https://wiki.oauth.net/w/page/12238543/ProblemReporting
 */
export function problemOf(response: IncomingResponse): Problem | undefined {
  const { status, authenticated } = response
  if (!authenticated || !/^40[013]$/.test(`${status}`)) return undefined
  const said = words(response)
  const named = /oauth_problem["'=:\s]+(\w+)/i.exec(said)?.[1]
  if (status !== 401 && !named) return undefined
  const found = /token_(rejected|expired|revoked)|timestamp|nonce.{0,30}used|used.{0,20}nonce/i
    .exec(named ?? said)?.[0]
    .toLowerCase()
  if (!found) return undefined
  const [, from, to] = /oauth_acceptable_timestamps["'=:\s]+(\d+)-(\d+)/i.exec(said) ?? []
  return {
    kind: found.includes('nonce') ? 'nonce' : (found as Problem['kind']),
    ...(from && { time: (Number(from) + Number(to)) / 2 }),
  }
}
