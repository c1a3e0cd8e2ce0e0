import { oauthError } from '../errors.js'

/** Refuses options that do not exist; the light build does not guess which one was meant. */
export function checkOptions(
  options: object | undefined,
  known: readonly string[],
  _places?: Readonly<Record<string, string>>,
): void {
  for (const name of Object.keys(options ?? {}))
    if (!known.includes(name)) throw oauthError('OAUTH_INVALID_OPTION', 'unknownOption', { name })
}

/** The light build leaves it to development to find wrong names. */
export function checkNames(
  _options: object | undefined,
  _known: Readonly<Record<string, true>>,
  _places?: Readonly<Record<string, string>>,
): void {}
