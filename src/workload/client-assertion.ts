import type { TokenInput } from '../grants/token-exchange.js'
import type { ClientAuth } from '../server/messages.js'

/** Options of {@link clientAssertion}. */
export interface ClientAssertionInput {
  /** The assertion, or a function that returns it for each call. */
  assertion: TokenInput
  /** The type of the assertion: a JWT of RFC 7523 (default), a JWT-SVID, or another one by its whole URN. */
  type?: 'jwt-bearer' | 'jwt-spiffe' | `urn:${string}`
  /** False omits `client_id`, for servers that read the client from the assertion alone. Default true. */
  includeClientId?: boolean
}

/**
 * Client authentication by an assertion that the platform issued for this workload, instead of a secret.
 * @see https://www.rfc-editor.org/rfc/rfc7521#section-4.2
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-oauth-spiffe-client-auth-02 (June 2026, not final)
 * @example
 * createOAuth2Session({
 *   server,
 *   client: { client_id: 'worker' },
 *   clientAuth: clientAssertion({ assertion: tokenFile('/var/run/secrets/tokens/auth') }),
 *   grant: clientCredentialsGrant(),
 * })
 */
export const clientAssertion =
  ({ assertion, type = 'jwt-bearer', includeClientId = true }: ClientAssertionInput): ClientAuth =>
  async ({ body }, { client: { client_id } }) => {
    const urn = type.startsWith('urn:') ? type : `urn:ietf:params:oauth:client-assertion-type:${type}`
    body.set('client_assertion_type', urn)
    body.set('client_assertion', await (typeof assertion === 'function' ? assertion() : assertion))
    if (includeClientId && client_id) body.set('client_id', client_id)
  }
