import { decodeBase64url } from '../lib/base64url.js'
import { parseChallenges } from '../lib/www-authenticate.js'

/**
 * What an API asks for that a fresh token does not give, in wire names.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export interface StepUp {
  /** `insufficient_scope` (RFC 6750), `insufficient_user_authentication` (RFC 9470), or `insufficient_claims` (Microsoft). */
  error: 'insufficient_scope' | 'insufficient_user_authentication' | 'insufficient_claims'
  error_description?: string
  /** What the request needs; it may be only what is missing. */
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
  /** Where the API describes itself (RFC 9728). */
  resource_metadata?: string
}

/** The claims of a challenge, which arrive as JSON in base64; anything else says nothing. */
function claimsOf(value: string | undefined): string | undefined {
  try {
    const text = decodeBase64url((value ?? '').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''))
    return typeof JSON.parse(text) === 'object' ? text : undefined
  } catch {
    return undefined
  }
}

const SCHEMES = ['bearer', 'dpop']

/**
 * What of a response asks for more than a fresh token; `undefined` where nothing does. Reads the `Bearer` and `DPoP`
 * challenges of a 401 or 403.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function readStepUp(response: { status: number; header(name: string): string | undefined }): StepUp | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined
  for (const { scheme, parameters } of parseChallenges(response.header('WWW-Authenticate'))) {
    const { error, error_description, scope, acr_values, max_age, resource_metadata } = parameters
    const claims = claimsOf(parameters.claims)
    if (!SCHEMES.includes(scheme) || !error || !/^insufficient_(scope|user_authentication|claims)$/.test(error))
      continue
    return {
      error: error as StepUp['error'],
      ...(error_description !== undefined && { error_description }),
      ...(scope && { scope }),
      ...(acr_values && { acr_values }),
      // anything but a number says nothing
      ...(/^\d{1,10}$/.test(max_age ?? '') && { max_age: Number(max_age) }),
      ...(claims && { claims }),
      ...(resource_metadata && { resource_metadata }),
    }
  }
  return undefined
}

/**
 * Parameters of the authorization request that answers it. The scope is what was granted before and what is asked for now:
 * a request for the new part alone would lose the old, and the two would take turns for ever.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-4
 */
export function stepUpParameters(
  stepUp: StepUp,
  granted?: string,
): { scope?: string; acr_values?: string; max_age?: number; claims?: string } {
  const { acr_values, max_age, claims } = stepUp
  const scopes = new Set(`${granted ?? ''} ${stepUp.scope ?? ''}`.split(' ').filter(Boolean))
  return {
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
    ...(acr_values !== undefined && { acr_values }),
    ...(max_age !== undefined && { max_age }),
    ...(claims && { claims }),
  }
}
