import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import { joinScope, toForm } from '../lib/form.js'
import { appendQuery } from '../lib/url.js'
import type { EndpointContext, ServerCallOptions, ServerParameters } from '../server/call.js'
import { noClientAuth } from '../server/client-auth/none.js'
import { applyHooks } from '../server/hooks.js'
import { checkResources, isAbsoluteUri } from '../server/resource-indicator.js'
import { core, type OAuth2Session } from '../session/session.js'
import { checkAuthorization } from './check-request.js'
import type { AuthorizationOptions } from './options.js'
import { createCodeChallenge, createCodeVerifier } from './pkce.js'
import { pushAuthorizationRequest, pushedParameters } from './pushed.js'
import type { RequestObjectSigner } from './request-object.js'
import { serverIdentity } from './response.js'
import type { AuthorizationTransaction } from './transaction.js'

/**
 * The PKCE method; `undefined` if the application disables PKCE. @throws OAuthError `OAUTH_INVALID_OPTION`
 */
function pkceMethod(
  { server, client, clientAuth }: Pick<EndpointContext, 'server' | 'client' | 'clientAuth'>,
  pkce: AuthorizationOptions['pkce'],
): 'S256' | 'plain' | undefined {
  const auth = typeof clientAuth === 'object' ? clientAuth.token : clientAuth
  const isPublic = !client.client_secret && (!auth || auth === noClientAuth())
  const knowsS256 = server.code_challenge_methods_supported?.includes('S256')
  if (pkce === false && isPublic) throw oauthError('OAUTH_INVALID_OPTION', 'publicPkce')
  if (pkce === 'plain' && knowsS256) throw oauthError('OAUTH_INVALID_OPTION', 'plainPkce')
  if (pkce === undefined && knowsS256 === false) throw oauthError('OAUTH_INVALID_OPTION', 'unknownPkce')
  return pkce === false ? undefined : (pkce ?? 'S256')
}

/**
 * Chooses the parameters of an authorization request and its transaction.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist; when PKCE is switched off for
 * a public client, or the server's metadata lists its PKCE methods and S256 is not among them (name `pkce`
 * explicitly to go on) or is, while `pkce` is `plain`; when `code_verifier` is malformed, or `redirect_uri`
 * is no absolute URI or has a fragment
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export async function prepareAuthorization(
  context: Pick<EndpointContext, 'server' | 'client' | 'clientAuth' | 'clock' | 'random' | 'crypto'>,
  options: AuthorizationOptions,
): Promise<{ parameters: ServerParameters; transaction: AuthorizationTransaction }> {
  const { server, client, random } = context
  const { client_id } = client
  checkAuthorization(options)
  const { parameters: more, ...named } = options
  const given: Omit<AuthorizationOptions, 'parameters'> = { ...named, ...(more as object) }
  const { pkce, code_verifier, scope: scopes, state, nonce, response_type = 'code', ...others } = given
  const { redirect_uri, resource, max_age } = others
  checkResources(resource)
  if (redirect_uri !== undefined && !isAbsoluteUri(redirect_uri))
    throw oauthError('OAUTH_INVALID_OPTION', 'redirectUri')
  const scope = joinScope(scopes)
  const parameters: ServerParameters = {
    response_type,
    client_id,
    redirect_uri,
    scope,
    state: state || base64url(random(32)),
    nonce: nonce ?? (scope && /(^| )openid( |$)/.test(scope) ? base64url(random(32)) : undefined),
  }
  const method = /\bcode\b/.test(response_type) ? pkceMethod(context, pkce) : undefined
  const verifier = method && (code_verifier ?? createCodeVerifier(random))
  if (verifier) {
    parameters.code_challenge = await createCodeChallenge(verifier, method, context.crypto)
    parameters.code_challenge_method = method
  }
  const transaction = {
    issuer: serverIdentity(server),
    client_id,
    response_type,
    state: parameters.state,
    created_at: Math.floor(context.clock()),
    redirect_uri,
    scope,
    resource,
    max_age,
    nonce: parameters.nonce,
    code_verifier: verifier,
  }
  return {
    parameters: { ...parameters, ...others },
    // JSON drops the members that are undefined.
    transaction: JSON.parse(JSON.stringify(transaction)),
  }
}

/**
 * The authorization URL with these parameters; an existing query of the endpoint is kept.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.1
 */
export function buildAuthorizationUrl(
  { server, allowInsecure }: Pick<EndpointContext, 'server' | 'allowInsecure'>,
  parameters: ServerParameters,
): URL {
  const name = 'authorization_endpoint'
  const address = server[name]
  if (!address) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name })
  return appendQuery(secureUrl(address, name, allowInsecure), toForm(parameters))
}

/** The transport of the authorization request; the third argument of {@link createAuthorizationUrl}. */
export interface AuthorizationTransport {
  /**
   * Sends the parameters to the server first, so that the URL contains only a reference (PAR). Default: if
   * the server requires it.
   */
  push?: boolean
  /** Signs the parameters (JAR); `requestObject()` of `/jwt` makes one. */
  sign?: RequestObjectSigner
  /** Headers, timeout … of the push. */
  call?: ServerCallOptions
}

/**
 * Begins a sign-in: redirect the user agent to `url` and keep `transaction` for the callback ({@link
 * authorizationCodeGrant}). PKCE, `state` and, with the scope `openid`, `nonce` are always sent. The request
 * is pushed if the server's or the client's metadata require it.
 * @example
 * const { url, transaction } = await createAuthorizationUrl(session, {
 *   redirect_uri: 'https://app.example.com/callback',
 *   scope: 'openid profile',
 * })
 * sessionStorage.setItem('signin', JSON.stringify(transaction))
 * location.assign(url)
 * @throws OAuthError as {@link prepareAuthorization}, {@link buildAuthorizationUrl} and
 * {@link pushAuthorizationRequest} do; `OAUTH_HOOK_FAILED`, `OAUTH_DISCOVERY_FAILED`, `OAUTH_CRYPTO_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 * @see https://www.rfc-editor.org/rfc/rfc9126
 */
export async function createAuthorizationUrl(
  session: OAuth2Session,
  options: AuthorizationOptions = {},
  { push, sign, call }: AuthorizationTransport = {},
): Promise<{ url: string; transaction: AuthorizationTransaction }> {
  const { target, ...inside } = core(session)
  const context = await inside.context()
  const { server, client, tokenType } = context
  const { scope, resource } = target
  const bound = await tokenType.authorizationParameters?.(context)
  const prepared = await prepareAuthorization(context, {
    ...(scope && { scope }),
    ...(resource && { resource }),
    ...options,
    ...(bound && { parameters: { ...bound, ...options.parameters } }),
  })
  let { parameters } = prepared
  if (sign) parameters = { client_id: client.client_id, request: await sign(parameters, context) }
  if (
    push ??
    (server.require_pushed_authorization_requests || client.require_pushed_authorization_requests)
  ) {
    parameters = pushedParameters(client.client_id, await pushAuthorizationRequest(context, parameters, call))
  } else if (sign) {
    // OpenID Connect requires these in the URL as well.
    const { response_type, scope } = prepared.parameters
    parameters = { ...parameters, response_type, scope }
  }
  const url = await applyHooks(context.hooks?.authorizationUrl, buildAuthorizationUrl(context, parameters))
  return {
    url: secureUrl(url, 'authorization_endpoint', context.allowInsecure).href,
    transaction: prepared.transaction,
  }
}
