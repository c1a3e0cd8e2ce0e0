import { fromBase64url } from '../lib/base64url.js'
import type { StoredGrant } from './stored-grant.js'

/** The claims of a grant's ID token, as they stand there: nothing is trusted on their account. */
export function subjectClaims(grant: { id_token?: string } | undefined): Record<string, unknown> | undefined {
  try {
    const claims = fromBase64url((grant as { id_token: string }).id_token.split('.')[1] as string)
    return Object(JSON.parse(new TextDecoder().decode(claims)))
  } catch {
    return undefined
  }
}

/** The subject of an ID token; only to tell whether the person is the same. */
export const subjectOf = (grant: { id_token?: string } | undefined): unknown => subjectClaims(grant)?.sub

/** Whether two grants are the same person's; `undefined` where nothing says so. */
export function isSamePerson(before: StoredGrant | undefined, after: StoredGrant | undefined): boolean | undefined {
  if (before?.grantId === after?.grantId) return true
  const [one, other] = [subjectOf(before), subjectOf(after)]
  return one === undefined || other === undefined ? undefined : one === other
}
