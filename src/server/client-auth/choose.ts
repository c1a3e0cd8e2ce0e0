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

/**
 * The client authentication of one call: the option for this endpoint, else the method of the client's
 * registration, else one of the server's metadata.
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
  const { client, server } = context
  const supported = server.token_endpoint_auth_methods_supported
  const fitting = ['client_secret_basic', 'client_secret_post'].find(
    known => !supported?.length || supported.includes(known),
  )
  const name = method ?? (client.token_endpoint_auth_method || (client.client_secret && fitting) || 'none')
  const make = methods.get(name)
  if (!make) throw oauthError('OAUTH_INVALID_OPTION', 'clientAuth', { name })
  return make()
}
