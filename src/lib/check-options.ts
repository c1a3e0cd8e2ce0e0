import { oauthError } from '../errors.js'

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** True when one edit, or two in a long name, makes one name of the other. */
function isAlmost(one: string, other: string): boolean {
  const bound = Math.min(one.length, other.length) > 5 ? 2 : 1
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const exchanged = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return (row[other.length] as number) <= bound
}

/** The option that is written in another way, or misspelt. */
function misspelt(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name).slice(0, 40)
  return (
    known.find(option => plain(option) === wanted) ?? known.find(option => isAlmost(plain(option), wanted))
  )
}

/** The option that was probably meant. */
function likely(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name).slice(0, 40)
  return (
    misspelt(name, known) ??
    known.find(
      option => wanted.length > 4 && (plain(option).includes(wanted) || wanted.includes(plain(option))),
    )
  )
}

/** What to do about an unknown option where none is alike: the names there are, unless they are too many. */
const choice = (known: readonly string[]): string =>
  known.length > 0 && known.length <= 12 ? `Remove it; there are ${known.join(', ')}.` : 'Remove it.'

/**
 * Refuses unknown options, which JavaScript would silently ignore; the error suggests the likely one.
 * `places` explains names that belong elsewhere. `lenient` accepts names without a similar option, for
 * objects with other members.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkOptions(
  options: object | undefined,
  known: readonly string[],
  places: Readonly<Record<string, string>> = {},
  lenient = false,
): void {
  for (const name of Object.keys(options ?? {})) {
    if (known.includes(name)) continue
    const meant = likely(name, known)
    const place = Object.keys(places).includes(name) ? places[name] : meant && `Did you mean ${meant}?`
    if (!place && lenient) continue
    throw oauthError('OAUTH_INVALID_OPTION', 'unknownOption', { name, hint: place ?? choice(known) })
  }
}

/** Where parameters of a message go that are no options. */
const PARAMETERS = 'Other parameters of the request go into parameters: { … }.'

/**
 * {@link checkOptions} for the options of a message to the server, by a table that a type keeps complete.
 * `parameters` is in the table if the message takes more than its options.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkNames(
  options: object | undefined,
  known: Readonly<Record<string, true>>,
  places: Readonly<Record<string, string>> = {},
): void {
  for (const name of Object.keys(options ?? {})) {
    if (Object.hasOwn(known, name)) continue
    const names = Object.keys(known)
    const meant = misspelt(name, names)
    const place = Object.hasOwn(places, name) ? places[name] : meant && `Did you mean ${meant}?`
    const hint = place ?? (known.parameters ? PARAMETERS : choice(names))
    throw oauthError('OAUTH_INVALID_OPTION', 'unknownOption', { name, hint })
  }
}
