import { secureUrl } from '../auth/origins.js'
import { outgoing, type PlainRequest } from '../auth/plain-request.js'
import type { Send, ServerResponse } from '../server/call.js'
import { applyHooks } from '../server/hooks.js'
import type { Hook } from '../server/messages.js'
import type { OAuth1CallRequest, OAuth1Server } from './messages.js'
import { fixedToken, oauth1Auth } from './scheme.js'
import type { Signer } from './signer.js'

/**
 * Hooks for servers that do not follow the specification. The signature covers the changes of a request hook.
 */
export interface OAuth1Hooks {
  /** The request for temporary credentials. */
  requestTokenRequest?: Hook<PlainRequest>
  /** The raw answer to it, before it is judged. */
  requestTokenResponse?: Hook<ServerResponse>
  /** The request for token credentials, also for a renewal. */
  accessTokenRequest?: Hook<PlainRequest>
  /** The raw answer to it, before it is judged. */
  accessTokenResponse?: Hook<ServerResponse>
  /** The authorization URL, before the redirect. */
  authorizationUrl?: Hook<URL>
}

/** The context of a call to the server. */
export interface ServerCallContext {
  readonly signer: Signer
  readonly send: Send
  readonly hooks?: OAuth1Hooks | undefined
  readonly allowInsecure?: true | string[] | undefined
}

/** The limit of redirects: more are an error of the server. */
const MOST_REDIRECTS = 5

type Signable = OAuth1CallRequest['request']

/** The request for a redirect; `undefined` if there is none, or if it leads to another origin. */
function redirected(response: ServerResponse, request: Signable): Signable | undefined {
  const { status } = response
  const location = response.header('location')
  if (!location || ![301, 302, 303, 307, 308].includes(status)) return undefined
  const url = new URL(location, request.url)
  if (url.origin !== new URL(request.url).origin) return undefined
  if (status > 303 || request.method === 'GET') return { ...request, url: url.href }
  const { 'Content-Type': _, ...headers } = request.headers
  return { method: 'GET', url: url.href, headers, data: undefined }
}

/** Signs and sends one request; once more after a refusal for the clock or the nonce. */
async function sendSigned(
  { signer, send }: ServerCallContext,
  { request, token, protocolParameters, timeout, signal }: OAuth1CallRequest,
): Promise<ServerResponse> {
  const fresh = () => ({ ...request, headers: { ...request.headers } })
  const attempt = fresh()
  const flow = oauth1Auth(signer, fixedToken(token ?? null), protocolParameters).flow(outgoing(attempt))
  let step = await flow.next()
  for (;;) {
    const response = await send({
      endpoint: 'token',
      method: attempt.method as 'POST' | 'GET',
      url: new URL(attempt.url),
      headers: attempt.headers,
      body: new URLSearchParams(attempt.data as string | undefined),
      ...(timeout !== undefined && { timeout }),
      ...(signal && { signal }),
    })
    Object.assign(attempt, fresh())
    const { status, body: data } = response
    step = await flow.next({ status, header: name => response.header(name), data, authenticated: true })
    if (step.done) return response
  }
}

/**
 * Makes a call to the server: hooks, signature, redirects within the origin. The answer is not judged.
 * @throws OAuthError `OAUTH_INSECURE_URL`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_ABORTED`, `OAUTH_HOOK_FAILED`,
 * and what signing throws
 */
export async function callServer(
  context: ServerCallContext,
  call: OAuth1CallRequest,
  name: keyof OAuth1Server,
): Promise<ServerResponse> {
  const { hooks = {}, allowInsecure } = context
  const [onRequest, onResponse] =
    name === 'request_token_url'
      ? [hooks.requestTokenRequest, hooks.requestTokenResponse]
      : [hooks.accessTokenRequest, hooks.accessTokenResponse]
  const changed = await applyHooks(onRequest, call.request as PlainRequest)
  let request: Signable = { ...changed, headers: { ...changed.headers } }
  for (let redirects = 0; ; redirects++) {
    secureUrl(request.url, name, allowInsecure)
    const response = await sendSigned(context, { ...call, request })
    const next = redirects < MOST_REDIRECTS && redirected(response, request)
    if (!next) return applyHooks(onResponse, response)
    request = next
  }
}
