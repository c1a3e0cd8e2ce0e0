import type { IncomingResponse } from '../auth/scheme.js'

/** What a refusal is about: our clock, a nonce that was used before, or token credentials that are over. */
export interface Problem {
  kind: 'timestamp' | 'nonce' | `token_${'rejected' | 'expired' | 'revoked'}`
  /** Seconds since the epoch, where the server says which timestamps it takes. */
  time?: number
}

/** Characters of a body that are read: a reason comes early, and a refusal may be a large file. */
const READ = 20_000

/** The text of a body that may say why the server refused. */
function textOf(data: unknown): string {
  if (typeof data === 'string') return data.slice(0, READ)
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
    const { buffer = data as ArrayBuffer, byteOffset, byteLength = 0 } = data as Partial<Uint8Array>
    return String.fromCharCode(...new Uint8Array(buffer, byteOffset, Math.min(byteLength, READ)))
  }
  if (!isPlain(data)) return ''
  try {
    return JSON.stringify(data).slice(0, READ)
  } catch {
    return ''
  }
}

/** True for what JSON was parsed into; a stream or a Blob holds no words. */
const isPlain = (data: unknown): data is object => {
  const prototype = typeof data === 'object' && data && Object.getPrototypeOf(data)
  return Array.isArray(data) || prototype === null || prototype?.constructor?.name === 'Object'
}

// A server may echo the parameters or the base string: there the words stand behind `_` or an escape, and before `=`, `:` or `%`.
const TIMESTAMP = [
  /(?:^|[^\w%])timestamp[^\w%=:&"'][^=&%]{0,60}?(refus|reject|invalid|expir|out |old|late|future|past|accept|wrong)/i,
  /(?:^|[^\w%])(refused|invalid|expired|stale|old|bad|wrong|unacceptable)[^=&%]{0,40}?[^\w%]timestamp(?!["']?\s*[=:%])/i,
  /(?:^|[^\w%])timestamp_refused/i,
]
const NONCE = /(?:^|[^\w%])(nonce\b[^=&%]{0,30}used|used[^=&%]{0,20}[^\w%]nonce|nonce_used)/i
const TOKEN = /(?:^|[^\w%])token_(rejected|expired|revoked)/i

function kindOf(words: string): Problem['kind'] | undefined {
  const token = TOKEN.exec(words)
  if (token) return `token_${token[1]?.toLowerCase()}` as Problem['kind']
  if (TIMESTAMP.some(pattern => pattern.test(words))) return 'timestamp'
  return NONCE.test(words) ? 'nonce' : undefined
}

/**
 * Reads why a request was refused. Only a 401 counts, or a 400 or 403 that speaks of `oauth_problem`.
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
