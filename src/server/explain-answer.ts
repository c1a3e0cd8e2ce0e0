import { type OAuthError, oauthError } from '../errors.js'

/** Names that an access token has elsewhere. */
const OTHER_NAME = /^(access[-_]?token|token|jwt)$/i

/** The likely meaning of an answer without `access_token`. */
function hintFor(answer: Record<string, unknown>, names: readonly string[]): string | undefined {
  const name = names.find(name => OTHER_NAME.test(name) && answer[name])
  if (name) return `Answer ${name} as access_token, in wire names.`
  if (!names.includes('data')) return undefined
  if (names.includes('status')) return 'This is the whole response: answer its data.'
  return typeof answer.data === 'object' ? 'Answer what is in data.' : undefined
}

/**
 * Says which members an answer without an `access_token` has instead: their names, never a value. With
 * `onlyKnown`, `undefined` unless one of them is the token under another name.
 */
export function missingToken(fields: object, onlyKnown?: { status: number }): OAuthError | undefined {
  // what looks like no name may be part of a credential
  const names = Object.keys(fields).filter(name => /^[a-z][a-z_-]{0,29}$/i.test(name))
  const hint = hintFor(fields as Record<string, unknown>, names)
  if (!names[0] || (onlyKnown && !hint)) return undefined
  const values = { names: names.slice(0, 12).join(', '), hint }
  return oauthError('OAUTH_INVALID_RESPONSE', 'otherMembers', values, { ...onlyKnown })
}

/** The plain words of a body; anything that could be a credential, or part of one, is dropped. */
export const plainWords = (body: string): string =>
  body
    .slice(0, 400)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\S*[^\sa-z.,:'-]\S*|\S{16,}/gi, '')
