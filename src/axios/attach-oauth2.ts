import type { Auth } from '../auth/scheme.js'
import { checkNames } from '../lib/check-options.js'
import { authFor, authOf } from '../oauth2/scheme.js'
import { transportOf } from '../session/connection.js'
import { createSession, type OAuth2Session, type OAuth2SessionOptions } from '../session/session.js'
import { inside } from '../session/state.js'
import { attach, createInterceptors as interceptorsFor, type OAuthInterceptors } from './attach.js'
import type { AxiosLike } from './axios-like.js'
import type { Attachment, AttachOptions, SchemeOptions } from './entry.js'
import type { OAuth2RequestOption } from './request-option.js'
import { serverClient } from './server-client.js'
import { explainers } from './standing.js'

/**
 * A session, or a function that answers the one for a request (on a server: that of the person who is being
 * served). It is asked for every request; one for which it answers `undefined` is nobody's, and goes as it
 * is.
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
 * Makes a session: one grant on one authorization server, whose tokens are renewed once for everybody.
 * Attach it with {@link attachOAuth2}; one session may be attached to many instances.
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

/** What an attachment is known by: another API of the same grant (`session.for()`) is another one. */
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

/** The session's calls to the server leave as the instance's requests do. */
function adoptTransport(session: OAuth2Session, instance: AxiosLike): void {
  transportOf(inside(session).state).adopt?.(instance)
}

/** The scheme, or what answers the one for a request. */
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
 * refused ones are sent again after one renewal. The same session attached again is the same attachment. A
 * function in place of the session answers the one for each request, or `undefined` for a request of nobody,
 * which goes as it is.
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
 * The pair of interceptors that {@link attachOAuth2} registers, for wrappers of axios that take interceptors
 * only: `use(request, null, { synchronous: true })` and `use(response, responseError)`. Takes a scheme of
 * one's own too. `allowedOrigins` is required outside a browser page.
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
