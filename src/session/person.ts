import { fromBase64url } from '../lib/base64url.js'
import type { StoredGrant } from './stored-grant.js'

/** The subject of an ID token; only to tell whether the person is the same, nothing is trusted on its account. */
export function subjectOf(grant: { id_token?: string } | undefined): unknown {
  try {
    const claims = fromBase64url((grant as { id_token: string }).id_token.split('.')[1] as string)
    return JSON.parse(new TextDecoder().decode(claims)).sub
  } catch {
    return undefined
  }
}

/** Whether two grants are the same person's; `undefined` where nothing says so. */
export function isSamePerson(before: StoredGrant | undefined, after: StoredGrant | undefined): boolean | undefined {
  if (before?.grantId === after?.grantId) return true
  const [one, other] = [subjectOf(before), subjectOf(after)]
  return one === undefined || other === undefined ? undefined : one === other
}
