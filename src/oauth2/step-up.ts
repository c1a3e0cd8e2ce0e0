import { decodeBase64url } from '../lib/base64url.js'
import { parseChallenges } from '../lib/www-authenticate.js'

/**
 * A request of an API beyond a fresh token, in wire names.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export interface StepUp {
  /**
   * `insufficient_scope` (RFC 6750), `insufficient_user_authentication` (RFC 9470), `insufficient_claims`
   * (Microsoft), or `insufficient_authorization` (RAR error remediation, a draft).
   */
  error:
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | 'insufficient_claims'
    | 'insufficient_authorization'
  error_description?: string
  /** The scope that the request needs; it may be only the missing part. */
  scope?: string
  /** Space-separated, the preferred first. */
  acr_values?: string
  /** Seconds since the last active sign-in, at most. */
  max_age?: number
  /**
   * The claims that the token must have, as JSON text: the `claims` parameter of the next request.
   * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
   */
  claims?: string
  /**
   * What must be authorized, as JSON text: the `authorization_details` of the next request.
   * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-rar-metadata-remediation/
   */
  authorization_details?: string
  /** The reference of the challenge: a token that answered the same reference before may suffice. */
  authorization_reference?: string
  /** Where the API describes itself (RFC 9728). */
  resource_metadata?: string
}

/** JSON of a challenge, which arrives in base64; anything but an object says nothing. */
function objectOf(value: string | undefined): string | undefined {
  try {
    const text = decodeBase64url((value ?? '').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''))
    const parsed = JSON.parse(text)
    return Object(parsed) === parsed && !Array.isArray(parsed) ? text : undefined
  } catch {
    return undefined
  }
}

/** The content of a remediation: the details to request, and a reference. */
function remediationOf(
  value: string | undefined,
): Pick<StepUp, 'authorization_details' | 'authorization_reference'> {
  const { authorization_details: details, authorization_reference: reference } = JSON.parse(
    objectOf(value) ?? '{}',
  )
  return {
    ...(Array.isArray(details) && { authorization_details: JSON.stringify(details) }),
    ...(typeof reference === 'string' && reference && { authorization_reference: reference }),
  }
}

const SCHEMES = ['bearer', 'dpop']

/**
 * What of a response asks for more than a fresh token; `undefined` where nothing does. Reads the `Bearer` and
 * `DPoP` challenges of a 401 or 403.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function readStepUp(response: {
  status: number
  header(name: string): string | undefined
}): StepUp | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined
  for (const { scheme, parameters } of parseChallenges(response.header('WWW-Authenticate'))) {
    const { error, error_description, scope, acr_values, max_age, resource_metadata } = parameters
    const claims = objectOf(parameters.claims)
    if (
      !SCHEMES.includes(scheme) ||
      !error ||
      !/^insufficient_(scope|user_authentication|claims|authorization)$/.test(error)
    )
      continue
    return {
      error: error as StepUp['error'],
      ...(error_description !== undefined && { error_description }),
      ...(scope && { scope }),
      ...(acr_values && { acr_values }),
      // anything but a number says nothing
      ...(/^\d{1,10}$/.test(max_age ?? '') && { max_age: Number(max_age) }),
      ...(claims && { claims }),
      ...remediationOf(parameters.authorization_remediation),
      ...(resource_metadata && { resource_metadata }),
    }
  }
  return undefined
}

/**
 * Parameters of the authorization request for a challenge. The scope is the union of the granted and the
 * requested one: a request for only the new part would lose the old one, and both would alternate forever.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-4
 */
export function stepUpParameters(
  stepUp: StepUp,
  granted?: string,
): {
  scope?: string
  acr_values?: string
  max_age?: number
  claims?: string
  authorization_details?: string
} {
  const { acr_values, max_age, claims, authorization_details } = stepUp
  const scopes = new Set(`${granted ?? ''} ${stepUp.scope ?? ''}`.split(' ').filter(Boolean))
  return {
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
    ...(acr_values !== undefined && { acr_values }),
    ...(max_age !== undefined && { max_age }),
    ...(claims && { claims }),
    ...(authorization_details && { authorization_details }),
  }
}
