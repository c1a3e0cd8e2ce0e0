import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { toForm } from '../lib/form.js'
import { appendQuery } from '../lib/url.js'
import { chooseClientAuth } from './client-auth/choose.js'
import { applyHooks, type HookedCall } from './hooks.js'
import type {
  ClientAuth,
  EndpointContext,
  EndpointName,
  ServerCallOptions,
  ServerMetadata,
  ServerParameters,
  ServerRequest,
  ServerResponse,
} from './messages.js'
import { withoutSecrets } from './scrub.js'

export type { CryptoLike } from '../crypto/crypto-like.js'
export type { Clock } from '../lib/clock.js'
export type { Random } from '../lib/random.js'
export type * from './messages.js'

/** The names of the endpoints in the server's metadata. */
const endpoints = {
  token: 'token_endpoint',
  revocation: 'revocation_endpoint',
  introspection: 'introspection_endpoint',
  par: 'pushed_authorization_request_endpoint',
  device: 'device_authorization_endpoint',
  backchannel: 'backchannel_authentication_endpoint',
} as const satisfies Record<EndpointName, string>

/** A GET has its parameters in the query and no body. */
function withoutBody(request: ServerRequest): ServerRequest {
  const { 'Content-Type': _, ...headers } = request.headers
  return { ...request, headers, url: appendQuery(request.url, request.body), body: new URLSearchParams() }
}

/** The address of an endpoint. @throws OAuthError `OAUTH_ENDPOINT_MISSING` */
function addressOf(server: ServerMetadata, name: (typeof endpoints)[EndpointName], { mtls }: ClientAuth) {
  const address = (mtls && server.mtls_endpoint_aliases?.[name]) || server[name]
  if (!address) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name })
  return address
}

/**
 * One authenticated call to the authorization server: build, authenticate, hooks, send; again, freshly built,
 * when the token type or the client authentication learnt something from the answer (a DPoP nonce, a
 * challenge). The answer is unjudged. `hook` names the pair of hooks that run; default: `refresh` for a
 * refresh, else the endpoint's own.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`, `OAUTH_INVALID_OPTION`,
 * `OAUTH_HOOK_FAILED`, and whatever `send` and client authentication throw
 */
export async function callEndpoint(
  context: EndpointContext,
  endpoint: EndpointName,
  parameters: ServerParameters,
  options: ServerCallOptions & { hook?: HookedCall } = {},
): Promise<ServerResponse> {
  const { server, client, tokenType, hooks, allowInsecure } = context
  const {
    clientAuth = context.clientAuth,
    hook = parameters.grant_type === 'refresh_token' ? 'refresh' : endpoint,
    method = 'POST',
    timeout = context.timeout,
    signal,
  } = options
  if (method !== 'POST' && method !== 'GET') throw oauthError('OAUTH_INVALID_OPTION', 'method')
  const authenticate = chooseClientAuth(clientAuth, endpoint, context)
  const name = endpoints[endpoint]
  const address = addressOf(server, name, authenticate)

  // A server may ask for a challenge and then for a nonce; the same twice, or a third demand, is its answer.
  for (const demands: string[] = []; ; ) {
    let request: ServerRequest = {
      endpoint,
      method,
      url: secureUrl(address, name, allowInsecure),
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        ...options.headers,
      },
      body: toForm({ ...parameters, ...options.parameters }),
      ...(timeout !== undefined && { timeout }),
      // A refresh that was sent is never aborted: its answer may hold the only valid refresh token.
      ...(signal && hook !== 'refresh' && { signal }),
    }
    await authenticate(request, context)
    request = await applyHooks(hooks?.[`${hook as HookedCall}Request`], request)
    request.url = secureUrl(request.url, name, allowInsecure)
    // a proof names the URL that a hook may have changed
    await tokenType.prepare?.(request, context)
    if (request.method === 'GET') request = withoutBody(request)
    context.beforeSend?.()
    const response = withoutSecrets(await context.send(request), request, client.client_secret)
    const learnt = [tokenType, authenticate].map(one => one.learnFromServer?.(response, request))
    if (!learnt.includes(true) || demands[1] || demands[0] === response.body)
      return applyHooks(hooks?.[`${hook as HookedCall}Response`], response)
    demands.push(response.body)
  }
}
