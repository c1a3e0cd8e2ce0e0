import { parse } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { ClientMetadata, Clock, ServerMetadata } from '../server/call.js'
import type { AuthorizationTransaction } from './transaction.js'

/** The callback: its whole URL (or path and query), a form body, or its parameters. */
export type AuthorizationResponse = string | URL | Iterable<[string, unknown]> | Record<string, unknown>

const hasOurs = (text: string) => /(^|&)(state|error|code|access_token|response)=/.test(text)

/**
 * The part of a callback with the parameters. Routers with their route in the fragment leave the parameters
 * before it (`?code=…#/`) or after it (`#/callback?code=…`, `#/callback#code=…`, `#/code=…`).
 */
function parametersIn(text: string): string {
  const [address = '', ...rest] = text.split('#')
  const fragment = rest.join('#')
  const route = /^[^=]*[?#/]/.exec(fragment)?.[0] ?? ''
  const [behind = ''] = fragment.slice(route.length).split('#')
  // The value of a form body may contain a question mark.
  const query = /^\w+=/.test(address) ? address : address.slice(address.indexOf('?') + 1)
  // A route may have a `state` of its own.
  return hasOurs(behind) && !(route && hasOurs(query)) ? behind : query
}

/** The parameters of a response in any of its forms; a list stands for several of one name. */
function pairsOf(response: AuthorizationResponse): Iterable<[string, unknown]> {
  if (typeof response === 'string' || response instanceof URL)
    return new URLSearchParams(parametersIn(`${response}`))
  return Symbol.iterator in response ? (response as Iterable<[string, unknown]>) : Object.entries(response)
}

/**
 * Reads the parameters of an authorization response: from the fragment if it has one of them, else from the
 * query; from a form body; from an object. It ignores a route in the fragment.
 * @throws OAuthError `OAUTH_INVALID_RESPONSE` when a parameter that decides something occurs twice
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export function parseAuthorizationResponse(response: AuthorizationResponse): Record<string, string> {
  const found = new Map<string, string>()
  for (const [name, values] of pairsOf(response))
    for (const value of [values].flat() as unknown[]) {
      if (value === undefined || value === null) continue
      if (found.has(name) && /^(state|iss|error|code|access_token|id_token)$/.test(name))
        throw oauthError('OAUTH_INVALID_RESPONSE', 'twice')
      found.set(name, String(value))
    }
  return Object.fromEntries(found)
}

/**
 * The identity of a server for a sign-in: its issuer, or, without one, both its authorization and its token
 * endpoint, because a server may name the authorization endpoint of another.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4.2
 */
export const serverIdentity = ({ issuer, authorization_endpoint, token_endpoint }: ServerMetadata): string =>
  issuer ?? [authorization_endpoint, token_endpoint].filter(Boolean).join(' ')

/**
 * The part of a redirect URI that is compared: without the origin and without the file that stands for a
 * directory.
 */
function placeOf({ protocol, host, pathname }: URL): string {
  const path = pathname.replace(/%[\da-f]{2}/gi, one =>
    String.fromCharCode(Number.parseInt(one.slice(1), 16)),
  )
  const place = /^https?:$/.test(protocol) ? path : `${protocol}/${host.toLowerCase()}${path}`
  return place
    .replace(/(\/index)?\.html?$/, '')
    .replace(/\/+/g, '/')
    .replace(/\/$/, '')
}

/**
 * Refuses a callback that arrived elsewhere than at the sign-in's `redirect_uri`: with one redirect URI for
 * each server this detects a mix-up. Origins are not compared, because a server behind a proxy does not know
 * its own. Of a path without an origin only the end is compared, because a router may have removed the
 * beginning. A response without a path cannot be checked.
 * @throws OAuthError `OAUTH_ISSUER_MISMATCH`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.4.2.2
 */
function checkRedirectUri(response: AuthorizationResponse, redirect_uri: string | undefined): void {
  const address = (typeof response === 'string' || response instanceof URL ? `${response}` : '').replace(
    /^\/+/,
    '/',
  )
  // `localhost:3000/callback` is not a URL.
  if (!/^(\/|[a-z][\w+.-]*:(?!\d))/i.test(address) || /^urn:/i.test(`${redirect_uri}`)) return
  const wanted = parse(`${redirect_uri}`)
  const arrived = wanted && parse(address, wanted.href)
  if (!arrived) return
  const [place, here] = [placeOf(wanted), placeOf(arrived)]
  const missing = [...wanted.searchParams].some(
    ([name, value]) => !arrived.searchParams.getAll(name).includes(value),
  )
  if (missing || !(place === here || (address[0] === '/' && place.endsWith(here))))
    throw oauthError('OAUTH_ISSUER_MISMATCH', 'otherPath')
}

/** Compares in constant time, so that the time does not reveal the first difference. */
export function isSameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return !difference
}

// The used transactions of each client, for as long as they could be used again.
const spent = /* @__PURE__ */ new WeakMap<ClientMetadata, Map<string, number>>()

/** The longest sign-in, in seconds. */
const LONGEST_SIGN_IN = 600

/** @throws OAuthError `OAUTH_TRANSACTION_USED`, `OAUTH_TRANSACTION_EXPIRED` */
function useOnce({ state, created_at }: AuthorizationTransaction, client: ClientMetadata, now: number): void {
  const used = spent.get(client) ?? new Map<string, number>()
  for (const [old, at] of used) {
    if (at >= now - LONGEST_SIGN_IN) break
    used.delete(old)
  }
  if (used.has(state)) throw oauthError('OAUTH_TRANSACTION_USED', 'finished')
  spent.set(client, used.set(state, now))
  if (!(Math.abs(now - created_at) <= LONGEST_SIGN_IN))
    throw oauthError('OAUTH_TRANSACTION_EXPIRED', 'tenMinutes')
}

/** @throws OAuthError `OAUTH_ISSUER_MISMATCH` */
function checkIssuer(
  { iss }: Record<string, string>,
  transaction: AuthorizationTransaction,
  { server, client }: { server: ServerMetadata; client: ClientMetadata },
): void {
  const isOurs = transaction.issuer === serverIdentity(server) && transaction.client_id === client.client_id
  if (!isOurs) throw oauthError('OAUTH_ISSUER_MISMATCH', 'otherServer')
  const isExpected = iss !== undefined || server.authorization_response_iss_parameter_supported
  if (isExpected && (!iss || iss !== server.issuer))
    throw oauthError('OAUTH_ISSUER_MISMATCH', server.issuer ? 'otherIssuer' : 'noIssuer')
}

/**
 * Judges an authorization response against its transaction, in this order: `state`, the transaction (used
 * once, at most ten minutes old, of this server and client), `iss` or else the path of the callback, `error`.
 * Returns its parameters. With a wrong `state` or `iss` no other part of it is used or shown.
 * @throws OAuthError `OAUTH_STATE_MISMATCH`, `OAUTH_TRANSACTION_USED`, `OAUTH_TRANSACTION_EXPIRED`,
 * `OAUTH_ISSUER_MISMATCH`, `OAUTH_AUTHORIZATION_FAILED` (with the server's `error`), `OAUTH_INVALID_RESPONSE`
 * @see https://www.rfc-editor.org/rfc/rfc9207#section-2.4
 */
export function checkAuthorizationResponse(
  authorizationResponse: AuthorizationResponse,
  transaction: AuthorizationTransaction,
  { server, client, clock }: { server: ServerMetadata; client: ClientMetadata; clock: Clock },
): Record<string, string> {
  const response = parseAuthorizationResponse(authorizationResponse)
  const { state, iss, error, error_description, error_uri } = response
  const expected = `${transaction?.state ?? ''}`
  if (!expected || !isSameText(expected, state ?? '')) throw oauthError('OAUTH_STATE_MISMATCH', 'callback')

  useOnce(transaction, client, clock())
  checkIssuer(response, transaction, { server, client })
  // `iss` identifies the server, so the path need not.
  if (!iss) checkRedirectUri(authorizationResponse, transaction.redirect_uri)
  if (error)
    throw oauthError(
      'OAUTH_AUTHORIZATION_FAILED',
      'refused',
      { error: error_description ? `${error}: ${error_description}` : error },
      { error, error_description, error_uri },
    )
  return response
}
