import type { ServerRequest, ServerResponse } from './messages.js'

const SECRET_NAME = /(token|code|secret|password|assertion|verifier|authorization)$/i

// words of the protocol: as a secret they hide nothing, and an error without them says nothing
const PROTOCOL_WORDS =
  /^([\W_]*(invalid|expired|revoked|refresh|access|bearer|client|secret|password|token|code|grant|request|user)[\W_]*)+$/i

/**
 * One character in one of its spellings: JSON and percent escapes, character references, or plain.
 */
const SPELLING =
  /\\u([\da-f]{4})|%([0-7][\da-f])|&#(?:x([\da-f]{1,6})|(\d{1,7}));|((?:%[89a-f][\da-f])+)|(&)amp;|\\(.)|[\s\S]/gi

/** The character that is spelled so. A space and a plus are one: in forms either may stand for the other. */
function spelled([whole, json, ascii, hex, decimal, encoded, amp, escaped]: readonly string[]): string {
  const code = json ?? ascii ?? hex ?? decimal
  let character = amp ?? escaped ?? whole ?? ''
  try {
    if (code) character = String.fromCodePoint(Number.parseInt(code, decimal ? 10 : 16))
    if (encoded) character = decodeURIComponent(encoded)
  } catch {}
  return character === ' ' ? '+' : character
}

/**
 * Undoes what an echo went through: a form inside of JSON, a URL inside of a form. Answers the plain text,
 * and where in the original each of its characters begins.
 */
function decoded(text: string): { plain: string; starts: number[] } {
  let plain = text
  let starts = Array.from({ length: text.length + 1 }, (_, at) => at)
  for (let layer = 0; layer < 3; layer++) {
    const before = starts
    starts = []
    let next = ''
    for (const match of plain.matchAll(SPELLING)) {
      next += spelled(match)
      while (starts.length < next.length) starts.push(before[match.index] as number)
    }
    starts.push(text.length)
    if (next === plain) break
    plain = next
  }
  return { plain, starts }
}

/** Replaces every secret, however it is spelled there, by `…`. */
function mask(text: string, secrets: readonly string[]): string {
  const { plain, starts } = decoded(text)
  const units = text.split('')
  for (const secret of secrets.map(value => decoded(value).plain)) {
    if (secret.length < 6) continue
    // a word of letters alone is no part of another word
    const isWord = /^[a-z]{1,11}$/i.test(secret)
    for (let end = 0, at: number; (at = plain.indexOf(secret, end)) >= 0; ) {
      end = at + secret.length
      const isInside = /\w/.test(`${plain[at - 1] ?? ''}${plain[end] ?? ''}`)
      if (!isWord || !isInside) units.fill('\0', starts[at], starts[end])
    }
  }
  return units.join('').replace(/\0+/g, '…')
}

/** What of a request is secret: values under the names of credentials, and the client's secret. */
function secretsOf({ body, headers, url }: ServerRequest, client_secret: string): string[] {
  const sent = [...body, ...url.searchParams, ...Object.entries({ ...headers, client_secret })]
  return sent
    .filter(([name, value]) => SECRET_NAME.test(name) && !PROTOCOL_WORDS.test(value))
    .map(([name, value]) => (/^authorization$/i.test(name) ? value.replace(/^\S+ /, '') : value))
}

/** An answer that says `error`, as JSON or as a form. */
const SAYS_ERROR = /"error"\s*:\s*["{]|(^|&)error=./

/** An answer that has what was asked for; it may repeat the refresh token. */
const SAYS_SUCCESS = /"(access_token|active)"|(^|&)access_token=/

/** Servers repeat in their errors what they were sent; nothing of it may get into ours. */
export function withoutSecrets(
  response: ServerResponse,
  request: ServerRequest,
  client_secret = '',
): ServerResponse {
  const { status, body } = response
  const isError = status > 399 || (SAYS_ERROR.test(body) && !SAYS_SUCCESS.test(body))
  return isError ? { ...response, body: mask(body, secretsOf(request, client_secret)) } : response
}
