import type { IncomingResponse } from '../auth/scheme.js'
import { readable } from './body.js'

/** The reason of a refusal: the clock, a used nonce, or token credentials that are over. */
export interface Problem {
  kind: 'timestamp' | 'nonce' | `token_${'rejected' | 'expired' | 'revoked'}`
  /** Seconds since the epoch, if the server names the accepted timestamps. */
  time?: number
}

/** The characters of a body that are read: a reason comes early, and a refusal may be a large file. */
const MAX_CHARACTERS = 20_000

/** The text of a body that may contain the reason; a stream is not read. */
function textOf(data: unknown): string {
  const body = readable(data)
  if (typeof body === 'string') return body.slice(0, MAX_CHARACTERS)
  if (body) return String.fromCharCode(...body.subarray(0, MAX_CHARACTERS))
  if (typeof (data as { pipe?: unknown }).pipe === 'function') return ''
  try {
    return JSON.stringify(data).slice(0, MAX_CHARACTERS)
  } catch {
    return ''
  }
}

// A server may echo the parameters or the base string: there the keywords follow `_` or an escape, and
// precede `=`, `:` or `%`.
const start = '(?:^|[^\\w%])'
const bad = '(?:refus|reject|invalid|illegal|expir|stale|out of|old|late|future|past|accept|wrong|bad)'
const TOKEN = /* @__PURE__ */ new RegExp(`${start}token_(rejected|expired|revoked)`, 'i')
const TIMESTAMP = /* @__PURE__ */ new RegExp(
  `${start}(?:timestamp_refused|timestamp[^\\w%=:&"'][^=&%]{0,60}?${bad}|${bad}[^=&%]{0,40}?[^\\w%]timestamp(?!["']?\\s*[=:%]))`,
  'i',
)
const NONCE = /* @__PURE__ */ new RegExp(
  `${start}(?:nonce_used|nonce\\b[^=&%]{0,30}used|used[^=&%]{0,20}[^\\w%]nonce)`,
  'i',
)

function kindOf(words: string): Problem['kind'] | undefined {
  const token = TOKEN.exec(words)?.[1]?.toLowerCase()
  if (token) return `token_${token}` as Problem['kind']
  if (TIMESTAMP.test(words)) return 'timestamp'
  return NONCE.test(words) ? 'nonce' : undefined
}

/**
 * Reads the reason of a refusal. Only a 401 counts, or a 400 or 403 that mentions `oauth_problem`.
 * @see https://wiki.oauth.net/w/page/12238543/ProblemReporting
 */
export function problemOf(response: IncomingResponse): Problem | undefined {
  const { status, authenticated, data } = response
  if (!authenticated || ![400, 401, 403].includes(status)) return undefined
  const said = `${response.header('www-authenticate') ?? ''} ${textOf(data)}`
  const named = /oauth_problem["'=:\s]+(\w+)/i.exec(said)?.[1]
  if (status !== 401 && !named) return undefined
  const kind = kindOf(named ?? said)
  if (!kind) return undefined
  const [, from, to] = /oauth_acceptable_timestamps["'=:\s]+(\d+)-(\d+)/i.exec(said) ?? []
  return { kind, ...(from && { time: (Number(from) + Number(to)) / 2 }) }
}
