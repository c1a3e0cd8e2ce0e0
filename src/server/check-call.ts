import { checkNames } from '../lib/check-options.js'
import type { ServerCallOptions } from './messages.js'

const CALL: Record<keyof ServerCallOptions, true> = {
  parameters: true,
  headers: true,
  timeout: true,
  method: true,
  clientAuth: true,
  signal: true,
}

/**
 * Refuses what is neither an option of a call to the server nor among `own`.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkCall(
  options: object | undefined,
  own: Readonly<Record<string, true>>,
  places?: Readonly<Record<string, string>>,
): void {
  checkNames(options, { ...CALL, ...own }, places)
}
