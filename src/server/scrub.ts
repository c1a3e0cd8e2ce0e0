import type { ServerRequest, ServerResponse } from './messages.js'

const SECRET_NAME = /(token|code|secret|password|assertion|verifier|authorization)$/i

// words of the protocol: as a secret they hide nothing, and an error without them says nothing
const PROTOCOL_WORDS =
  /^([\W_]*(invalid|expired|revoked|refresh|access|bearer|client|secret|password|token|code|grant|request|user)[\W_]*)+$/i

/**
 * One character in one of its spellings: JSON and percent escapes, character references, `+` for a space, or
 * plain.
 */
const SPELLING =
  /\\u([\da-f]{4})|%([0-7][\da-f])|((?:%[89a-f][\da-f])+)|&#(?:x([\da-f]{1,6})|(\d{1,7}));|&amp;|\\(.)|[\s\S]/gi

function plainText(characters: string): string {
  try {
    return decodeURIComponent(characters)
  } catch {
    return characters
  }
}

/** The character that is spelled so. A space and a plus are one: in forms either may stand for the other. */
function spelled(match: RegExpExecArray): string {
  const [whole, json, ascii, encoded, hex, decimal, escaped] = match
  if (encoded) return plainText(encoded)
  const code = Number.parseInt(json ?? ascii ?? hex ?? decimal ?? '', decimal ? 10 : 16)
  if (code <= 0x10ffff) return String.fromCodePoint(code).replace(' ', '+')
  if (whole.toLowerCase() === '&amp;') return '&'
  return (escaped ?? whole).replace(' ', '+')
}

/** A text with every spelling undone, and where in the original each of its characters begins. */
interface Decoded {
  text: string
  starts: number[]
}

function decode({ text, starts }: Decoded): Decoded {
  const characters: string[] = []
  const next: number[] = []
  for (const match of text.matchAll(SPELLING)) {
    const character = spelled(match)
    characters.push(character)
    for (let unit = 0; unit < character.length; unit++) next.push(starts[match.index] as number)
  }
  next.push(starts[text.length] as number)
  return { text: characters.join(''), starts: next }
}

/** Undoes what an echo went through: a form inside of JSON, a URL inside of a form. */
function decoded(text: string): Decoded {
  let result: Decoded = { text, starts: Array.from({ length: text.length + 1 }, (_, at) => at) }
  for (let layer = 0; layer < 3; layer++) {
    const next = decode(result)
    if (next.text === result.text) break
    result = next
  }
  return result
}

/** Replaces every secret, however it is spelled there, by `…`. */
function mask(text: string, secrets: readonly string[]): string {
  const { text: plain, starts } = decoded(text)
  const hidden: [from: number, to: number][] = []
  for (const secret of new Set(secrets.map(value => decoded(value).text))) {
    if (secret.length < 6) continue
    // a word of letters alone is no part of another word
    const isWord = /^[a-z]{1,11}$/i.test(secret)
    for (let at = plain.indexOf(secret); at >= 0; at = plain.indexOf(secret, at + secret.length)) {
      const end = at + secret.length
      const isInside = /\w/.test(`${plain[at - 1] ?? ''}${plain[end] ?? ''}`)
      if (!isWord || !isInside) hidden.push([starts[at] as number, starts[end] as number])
    }
  }
  if (!hidden.length) return text
  let masked = ''
  let done = 0
  for (const [from, to] of hidden.sort(([a], [b]) => a - b)) {
    if (from >= done) masked += `${text.slice(done, from)}…`
    done = Math.max(done, to)
  }
  return masked + text.slice(done)
}

/** What of a request is secret: values under the names of credentials, and the client's secret. */
function secretsOf({ body, headers, url }: ServerRequest, client_secret: string): string[] {
  const sent = [...body, ...url.searchParams, ...Object.entries({ ...headers, client_secret })]
  return sent
    .filter(([name, value]) => SECRET_NAME.test(name) && !PROTOCOL_WORDS.test(value))
    .map(([name, value]) => (/^authorization$/i.test(name) ? value.replace(/^\S+ /, '') : value))
}

/** True where the answer says `error`, as JSON or as a form. */
const saysError = (body: string) => /"error"\s*:\s*["{]|(^|&)error=./.test(body)

/** True where it has what was asked for; such an answer may well have the very refresh token again. */
const saysSuccess = (body: string) => /"(access_token|active)"|(^|&)access_token=/.test(body)

/** Servers repeat in their errors what they were sent; nothing of it may get into ours. */
export function withoutSecrets(
  response: ServerResponse,
  request: ServerRequest,
  client_secret = '',
): ServerResponse {
  const { status, body } = response
  const isError = status > 399 || (saysError(body) && !saysSuccess(body))
  if (!isError) return response
  const masked = mask(body, secretsOf(request, client_secret))
  return masked === body ? response : { ...response, body: masked }
}
