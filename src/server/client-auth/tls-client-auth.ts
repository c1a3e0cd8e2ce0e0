import type { ClientAuth } from '../messages.js'

/**
 * Client authentication by the client certificate of the TLS connection, issued by an authority or
 * self-signed; the server's `mtls_endpoint_aliases` are used. `agent` is Node's `https.Agent` with `cert` and
 * `key`; without it the transport (`http`, the platform) must bring the certificate. Tokens may be bound to
 * the certificate: give the same agent to the API's axios instance.
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2
 */
export function tlsClientAuth({ agent }: { agent?: unknown } = {}): ClientAuth {
  const authenticate: ClientAuth = (request, { client }) => {
    request.body.set('client_id', client.client_id)
    if (agent !== undefined) request.agent = agent
  }
  return Object.assign(authenticate, { mtls: true } as const)
}
