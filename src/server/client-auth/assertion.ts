import { base64url } from '../../lib/base64url.js'
import type { ClientAuth, ClientAuthContext, ServerRequest } from '../messages.js'

/** Options of both JWT client authentication methods. Times are seconds. */
export interface ClientAssertionOptions {
  /**
   * `aud`: the issuer (default; without one in the metadata, the endpoint), `'endpoint'` for the URL of the
   * request itself, which older servers want, or any other string.
   */
  audience?: 'issuer' | 'endpoint' | (string & {})
  /** How long an assertion is good for. Default 60. */
  lifetime?: number
  /** More claims, or other values of `iss` and `sub`; `jti` is always fresh. */
  claims?: Record<string, unknown>
  /** More header parameters (`typ`, `x5t#S256` …). */
  header?: Record<string, unknown>
  /** Sends `client_id` in the body too, for servers that look for it there. Default false. */
  includeClientId?: boolean
}

/** The claims of one assertion; every call is another `jti`. */
function claimsOf(
  request: ServerRequest,
  { server, client, clock, random }: ClientAuthContext,
  { audience = 'issuer', lifetime = 60, claims }: ClientAssertionOptions,
): Record<string, unknown> {
  const now = Math.floor(clock())
  const endpoint = request.url.origin + request.url.pathname + request.url.search
  const names: Record<string, string> = { issuer: server.issuer ?? endpoint, endpoint }
  const aud = typeof audience === 'string' ? (names[audience] ?? audience) : audience
  return {
    iss: client.client_id,
    sub: client.client_id,
    aud,
    iat: now,
    exp: now + lifetime,
    ...claims,
    jti: base64url(random(16)),
  }
}

/**
 * Client authentication by a signed statement of the client about itself; `sign` makes a JWT of the claims.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 */
export const clientAssertion =
  (
    sign: (claims: Record<string, unknown>, context: ClientAuthContext) => Promise<string>,
    options: ClientAssertionOptions,
  ): ClientAuth =>
  async (request, context) => {
    const assertion = await sign(claimsOf(request, context, options), context)
    request.body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    request.body.set('client_assertion', assertion)
    if (options.includeClientId) request.body.set('client_id', context.client.client_id)
  }
