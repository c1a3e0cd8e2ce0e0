import type { OutgoingRequest } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import type { TokenType } from './token-type.js'

/**
 * The place of a bearer token: `header`, `query` or `body`. The others are the names of other libraries for
 * the first two.
 */
export type BearerPlacement = 'header' | 'query' | 'body' | 'auth_header' | 'headers' | 'uri' | 'url'

/**
 * Adds the token to the query, and replaces one there: a link from the API may hold the token of the previous
 * request.
 */
function intoQuery(request: OutgoingRequest, parameter: string): void {
  const { url } = request
  request.url = url.replace(
    /^([^#]*[?&])access_token=[^&#]*|(?=#)|$/,
    (_, before = /^[^#]*\?/.test(url) ? '&' : '?') => before + parameter,
  )
  // This header would trigger a CORS preflight.
  if (!globalThis.location && !request.header('Cache-Control')) request.setHeader('Cache-Control', 'no-store')
}

const FORM = 'application/x-www-form-urlencoded'

/** Adds the token to a form body. @throws OAuthError `OAUTH_INVALID_OPTION` for any other body */
function intoBody(request: OutgoingRequest, parameter: string): void {
  const { data, method } = request
  const text = data instanceof URLSearchParams ? `${data}` : (data ?? '')
  const type = request.header('Content-Type') || (text && text === data ? '' : FORM)
  const isForm = type.toLowerCase().startsWith(FORM) && typeof text === 'string' && !/[^\0-\x7f]/.test(text)
  if (!isForm || /^(GET|HEAD|DELETE|TRACE)$/.test(method))
    throw oauthError('OAUTH_INVALID_OPTION', 'bearerBody')
  request.data = text + (text && '&') + parameter
  request.setHeader('Content-Type', type)
}

/**
 * Bearer tokens in the `Authorization` header: the default of a session. It is apart from {@link bearer}, so
 * that a bundle without `bearer` carries no other placement.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export const headerBearer = (): TokenType => ({
  accepts: ['bearer'],
  boundToUrl: false,
  synchronous: true,
  authorize(request, { access_token }) {
    request.setHeader('Authorization', `Bearer ${access_token}`)
  },
})

/**
 * Bearer tokens. `placement`: the `Authorization` header (default), a form `body`, or the `query`. Use the
 * last two only for APIs without the header: URLs end up in logs.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown placement, and, before anything is sent, for a
 * request whose body is no form
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2
 */
export function bearer({ placement = 'header' }: { placement?: BearerPlacement } = {}): TokenType {
  if (/^(auth_)?headers?$/.test(placement)) return headerBearer()
  const isQuery = /^(query|ur[il])$/.test(placement)
  if (!isQuery && placement !== 'body') throw oauthError('OAUTH_INVALID_OPTION', 'bearerPlacement')
  return {
    ...headerBearer(),
    boundToUrl: true,
    authorize(request, { access_token }) {
      const put = isQuery ? intoQuery : intoBody
      put(request, `access_token=${encodeURIComponent(access_token)}`)
    },
  }
}
