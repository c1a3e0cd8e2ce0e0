/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower case. */
  scheme: string
  /** By lower-case name; of a name that occurs twice, the last one. */
  parameters: Record<string, string>
  /** Where the scheme has one value instead of parameters (`Negotiate`). */
  token68?: string
}

const SCHEME = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$)/y
// unquoted values are taken up to the next comma or space: servers forget the quotes around URLs and lists
const PARAMETER = /[\s,]*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s,"=][^\s,"]*))/y
const TOKEN68 = /\s*([\w.~+/-]+=*)(?=[\s,]|$)/y

/**
 * Parses a `WWW-Authenticate` header: several challenges, several lines joined by `, `, quoted commas and
 * escapes, token68, names in any case. It never throws: at the first invalid part it stops and returns the
 * challenges before it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string | null | undefined): Challenge[] {
  const challenges: Challenge[] = []
  const text = header ?? ''
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  for (let match = take(SCHEME); match; match = take(SCHEME)) {
    // without a prototype: the server chooses the names
    const challenge: Challenge = {
      scheme: (match[1] as string).toLowerCase(),
      parameters: Object.create(null),
    }
    challenges.push(challenge)
    if (text[at] === ',') continue
    let empty = true
    for (let parameter = take(PARAMETER); parameter; parameter = take(PARAMETER)) {
      const [, name, quoted, plain] = parameter as unknown as [string, string, string | undefined, string]
      challenge.parameters[name.toLowerCase()] =
        quoted === undefined ? plain : quoted.replace(/\\([\s\S])/g, '$1')
      empty = false
    }
    const single = empty && take(TOKEN68)
    if (single) challenge.token68 = single[1] as string
  }
  return challenges
}

/** The parameters of the first challenge of that scheme (lower case); `undefined` when there is none. */
export function challengeOf(
  header: string | null | undefined,
  scheme: string,
): Record<string, string> | undefined {
  return parseChallenges(header).find(challenge => challenge.scheme === scheme)?.parameters
}
