import type { Auth } from '../auth/scheme.js'
import { checkNames } from '../lib/check-options.js'
import { authFor, authOf } from '../oauth2/scheme.js'
import { transportOf } from '../session/connection.js'
import { createSession, type OAuth2Session, type OAuth2SessionOptions } from '../session/session.js'
import { inside } from '../session/state.js'
import { attach, createInterceptors as interceptorsFor, type OAuthInterceptors } from './attach.js'
import type { AttachOptions, SchemeOptions } from './attach-options.js'
import type { AxiosLike } from './axios-like.js'
import type { Attachment } from './entry.js'
import type { OAuth2RequestOption } from './request-option.js'
import { serverClient } from './server-client.js'
import { explainers } from './standing.js'

/**
 * A session, or a function that returns the session for a request (on a server: that of the person of the
 * request). The function is called for every request; if it returns `undefined`, the request is sent
 * unchanged.
 */
export type SessionSource = OAuth2Session | (() => OAuth2Session | undefined)

const REQUEST: Record<keyof OAuth2RequestOption, true> = {
  session: true,
  token: true,
  scope: true,
  resource: true,
}

const connect = ({ http }: OAuth2SessionOptions) => serverClient(http)

/**
 * Creates a session: one grant on one authorization server, whose tokens are renewed once for all waiting
 * requests. Attach it with {@link attachOAuth2}; one session can be attached to many instances.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'worker', client_secret: process.env.CLIENT_SECRET ?? '' },
 *   grant: clientCredentialsGrant({ scope: 'read' }),
 * })
 * attachOAuth2(axios.create({ baseURL: 'https://api.example.com' }), session)
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc6749
 */
export function createOAuth2Session(options: OAuth2SessionOptions): OAuth2Session {
  return createSession(options, connect)
}

/** The identity of an attachment: another API of the same grant (`session.for()`) has another one. */
function identityOf(source: SessionSource): unknown {
  if (typeof source === 'function') return source
  const { state, slot } = inside(source)
  return slot === state.root ? state : slot
}

function schemeOptions(source: SessionSource, options: AttachOptions | undefined): SchemeOptions {
  // a function is asked for every request; what concerns the instance as a whole cannot be
  const { allowInsecure } = typeof source === 'function' ? {} : inside(source).state.options
  const session = () => (typeof source === 'function' ? source() : source)
  return {
    allowInsecure,
    ...options,
    identity: identityOf(source),
    select(option) {
      checkNames(option, REQUEST)
      const served = session()
      const { session: other, token } = option as OAuth2RequestOption
      return other || token || served
        ? authFor(option as OAuth2RequestOption, served as OAuth2Session)
        : undefined
    },
    ...explainers(session),
  }
}

/** The session's calls to the server use the transport of the instance. */
function adoptTransport(session: OAuth2Session, instance: AxiosLike): void {
  transportOf(inside(session).state).adopt?.(instance)
}

/** The scheme, or the function that returns the scheme of a request. */
function schemeOf(source: SessionSource, instance?: AxiosLike) {
  if (typeof source !== 'function') return authOf(source)
  return () => {
    const session = source()
    const scheme = session && authOf(session)
    if (session && instance) adoptTransport(session, instance)
    return scheme
  }
}

/**
 * Attaches a session to an axios instance: its requests to the allowed origins carry the session's token,
 * refused ones are sent again after one renewal. Attaching the same session again returns the same
 * attachment. A function instead of the session returns the session for each request, or `undefined` for a
 * request without one, which is sent unchanged.
 * @example
 * attachOAuth2(api, session)
 * attachOAuth2(api, () => serving.getStore()) // a server for many people: an AsyncLocalStorage of sessions
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED`, `OAUTH_ORIGIN_CONFLICT`, `OAUTH_INSECURE_URL`,
 * `OAUTH_INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
export function attachOAuth2(
  instance: AxiosLike,
  session: SessionSource,
  options?: AttachOptions,
): Attachment {
  const attachment = attach(instance, schemeOf(session, instance), schemeOptions(session, options))
  if (typeof session !== 'function') adoptTransport(session, instance)
  return attachment
}

/**
 * Creates the pair of interceptors that {@link attachOAuth2} registers, for wrappers of axios that only take
 * interceptors: `use(request, null, { synchronous: true })` and `use(response, responseError)`. It also takes
 * a custom scheme. `allowedOrigins` is required outside a browser page.
 * @example
 * const { request, response, responseError } = createInterceptors(session, { allowedOrigins: 'https://api.example.com' })
 * api.interceptors.request.use(request, null, { synchronous: true })
 * api.interceptors.response.use(response, responseError)
 * @throws OAuthError as {@link attachOAuth2} does
 */
export function createInterceptors(source: SessionSource | Auth, options: AttachOptions): OAuthInterceptors {
  if ('flow' in source) return interceptorsFor(source, options)
  return interceptorsFor(schemeOf(source), schemeOptions(source, options))
}
