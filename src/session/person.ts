import { readClaims } from '../authorization/id-token-claims.js'
import type { StoredGrant } from './stored-grant.js'

/** The claims of a grant's ID token, unverified. */
export const claimsOf = (grant: { id_token?: string } | undefined): Record<string, unknown> | undefined =>
  grant?.id_token === undefined ? undefined : readClaims(grant.id_token)

/** The subject of an ID token; only to tell whether the person is the same. */
export const subjectOf = (grant: { id_token?: string } | undefined): unknown => claimsOf(grant)?.sub

/** True if two grants belong to the same person; `undefined` if that is unknown. */
export function isSamePerson(
  before: StoredGrant | undefined,
  after: StoredGrant | undefined,
): boolean | undefined {
  if (before?.grantId === after?.grantId) return true
  const [one, other] = [subjectOf(before), subjectOf(after)]
  return one === undefined || other === undefined ? undefined : one === other
}
