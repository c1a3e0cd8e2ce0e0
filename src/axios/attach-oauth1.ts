import { oauthError } from '../errors.js'
import type { OAuth1Options } from '../oauth1/options.js'
import { type OAuth1Auth, oauth1Scheme } from '../oauth1/scheme.js'
import { createSession } from '../oauth1/session.js'
import type { OAuth1Session, OAuth1SessionOptions } from '../oauth1/session-options.js'
import { attach } from './attach.js'
import type { AttachOptions } from './attach-options.js'
import type { AxiosLike } from './axios-like.js'
import type { Attachment } from './entry.js'
import type { OAuth1RequestOption, RequestOption } from './request-option.js'
import { serverClient } from './server-client.js'

/**
 * Creates a session: the client at one server, the three-legged sign-in, and the store of its token
 * credentials. Attach it with {@link attachOAuth1}; one session can be attached to many instances.
 * @example
 * const server = { request_token_url, authorize_url, access_token_url }
 * const session = createOAuth1Session({ client: { key, secret }, server })
 * attachOAuth1(api, session)
 * const { url, transaction } = await createOAuth1AuthorizationUrl(session, { callback: 'https://app.example.com/callback' })
 * // … on the callback page
 * await fetchOAuth1Token(session, { authorizationResponse: location.href, transaction })
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-2
 */
export function createOAuth1Session(options: OAuth1SessionOptions): OAuth1Session {
  return createSession(options, serverClient(options.http))
}

// The same options are the same scheme, with the same nonces and the same correction of the clock.
const schemes = /* @__PURE__ */ new WeakMap<object, OAuth1Auth>()

/** The scheme for a request with its own `oauth` option. @throws OAuthError `OAUTH_INVALID_OPTION` */
function schemeFor(option: Exclude<RequestOption, false>, attached: OAuth1Auth): OAuth1Auth {
  const { session, token, ...others } = option as OAuth1RequestOption & Record<string, unknown>
  const wrong = Object.keys(others)[0] ?? (session && !session.auth ? 'an OAuth 2 session' : undefined)
  if (wrong) throw oauthError('OAUTH_INVALID_OPTION', 'oauth1Request', { name: wrong })
  const scheme = session?.auth ?? attached
  return token ? scheme.withToken(token) : scheme
}

/**
 * Attaches OAuth 1.0a to an axios instance: its requests to the allowed origins are signed in their final
 * form, with the credentials of the options or of a session. Attaching the same session or options again
 * returns the same attachment.
 * @example
 * const api = axios.create({ baseURL: 'https://api.example.com' })
 * attachOAuth1(api, { client: { key, secret }, token: { oauth_token, oauth_token_secret } })
 * await api.get('/me')
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED`, `OAUTH_ORIGIN_CONFLICT`, `OAUTH_INVALID_OPTION`;
 * `OAUTH_INSECURE_URL` for PLAINTEXT over plain http
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3
 */
export function attachOAuth1(
  instance: AxiosLike,
  source: OAuth1Session | OAuth1Options,
  options?: AttachOptions,
): Attachment {
  const scheme = 'auth' in source ? source.auth : (schemes.get(source) ?? oauth1Scheme(source))
  schemes.set(source, scheme)
  const attachment = attach(instance, scheme, {
    allowInsecure: scheme.allowInsecure,
    select: option => schemeFor(option, scheme),
    ...options,
  })
  scheme.adopt?.(instance)
  return attachment
}
