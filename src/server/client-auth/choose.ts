import { oauthError } from '../../errors.js'
import type {
  ClientAuth,
  ClientAuthMethod,
  ClientAuthOption,
  EndpointContext,
  EndpointName,
} from '../messages.js'
import { clientSecretBasic } from './client-secret-basic.js'
import { clientSecretPost } from './client-secret-post.js'
import { noClientAuth } from './none.js'
import { tlsClientAuth } from './tls-client-auth.js'

/** Methods that need nothing but the client's metadata, by their registered names. */
const methods = new Map<string, () => ClientAuth>([
  ['client_secret_basic', clientSecretBasic],
  ['client_secret_post', clientSecretPost],
  ['none', noClientAuth],
  ['tls_client_auth', tlsClientAuth],
  ['self_signed_tls_client_auth', tlsClientAuth],
])

/** The registered name of the method that fits what is known of the client and the server. */
function nameFor({ client, server }: Pick<EndpointContext, 'client' | 'server'>): string {
  const supported = server.token_endpoint_auth_methods_supported
  const isKnown = (name: string) => !supported?.length || supported.includes(name)
  return (
    client.token_endpoint_auth_method ||
    (client.client_secret && ['client_secret_basic', 'client_secret_post'].find(isKnown)) ||
    'none'
  )
}

/**
 * The client authentication of one call: what the option says for this endpoint; without it what the client
 * is registered with, else what the server's metadata list.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a method that needs a key, which its function must be given:
 * a client is never authenticated by less than it is registered with
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export function chooseClientAuth(
  option: ClientAuthOption | undefined,
  endpoint: EndpointName,
  context: Pick<EndpointContext, 'client' | 'server'>,
): ClientAuth {
  const method: ClientAuthMethod | undefined =
    typeof option === 'object' ? (option[endpoint as 'token'] ?? option.token) : option
  if (typeof method === 'function') return method
  const name = method ?? nameFor(context)
  const make = methods.get(name)
  if (!make) throw oauthError('OAUTH_INVALID_OPTION', 'clientAuth', { name })
  return make()
}
