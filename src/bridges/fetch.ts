import { type AllowedOrigins, type OriginRule, originRule, parse } from '../auth/origins.js'
import type { Auth, AuthFlow, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import { publishRetry, publishSkipped, traceRequest } from '../lib/diagnostics.js'
import { authOf } from '../oauth2/scheme.js'
import type { OAuth2Session } from '../session/session-options.js'
import { inside } from '../session/session-state.js'

/** The signature of `fetch`. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Options of {@link fetchWith}. */
export interface FetchWithOptions {
  /**
   * Where the token may go: origins or URL prefixes. Default: the page's own origin in a browser; required
   * elsewhere.
   */
  allowedOrigins?: AllowedOrigins
  /** True for requests that go without a token. */
  skip?: (request: Request) => boolean
  /** Default: the global `fetch`. */
  fetch?: FetchLike
}

/** One request of `fetch` as a scheme sees it; what the scheme wrote is taken off before the next send. */
interface FetchRequest extends OutgoingRequest {
  readonly scheme: Auth
  adapter: FetchLike
  /** The request to send now: the application's, with what the scheme wrote. */
  next(): Request
}

function outgoing(request: Request, rule: OriginRule, scheme: Auth, adapter: FetchLike): FetchRequest {
  let headers = new Headers(request.headers)
  let url = request.url
  return {
    scheme,
    adapter,
    method: request.method,
    get url() {
      return url
    },
    set url(changed) {
      url = changed
    },
    data: undefined,
    header: name => headers.get(name) ?? undefined,
    setHeader(name, value) {
      if (value === undefined) headers.delete(name)
      else headers.set(name, value)
    },
    signal: request.signal,
    next() {
      const target = new URL(url)
      if (!rule.allows(target)) throw oauthError('OAUTH_ORIGIN_REQUIRED', 'changedUrl')
      // a copy, so that the body can be sent again
      const copy = request.clone()
      const sent = new Request(url === request.url ? copy : new Request(url, copy), { headers })
      headers = new Headers(request.headers)
      url = request.url
      return sent
    },
  }
}

function incoming(response: Response, request: Request): IncomingResponse {
  const end = response.redirected ? parse(response.url) : undefined
  return {
    status: response.status,
    data: undefined,
    // where a redirect led to another origin, the platform took the header away
    authenticated: !end || end.origin === new URL(request.url).origin,
    header: name => response.headers.get(name) ?? undefined,
  }
}

/** Why a request goes without a token. */
function reasonToSkip(request: Request, rule: OriginRule, skip: FetchWithOptions['skip']) {
  if (!rule.allows(new URL(request.url))) return 'origin'
  if (request.headers.has('authorization')) return 'own-authorization'
  return skip?.(request) ? 'skip' : undefined
}

/** Runs the scheme's conversation. */
async function converse(flow: AuthFlow, request: Request, sent: FetchRequest): Promise<Response> {
  let response: Response | undefined
  try {
    let turn = await flow.next()
    while (!turn.done) {
      request.signal.throwIfAborted()
      await response?.body?.cancel()
      if (response) publishRetry(sent)
      response = await sent.adapter(sent.next())
      turn = await flow.next(incoming(response, request))
    }
  } catch (error) {
    request.signal.throwIfAborted()
    // the API's refusal says more than the renewal that failed after it
    if (!response || !isOAuthError(error)) throw error
  } finally {
    flow.return().catch(() => {})
  }
  return response ?? sent.adapter(request)
}

/**
 * Makes a `fetch` that sends the session's token by the same rules as an attached axios instance: allowed
 * origins only, one renewal for all who wait, the refused request once more. A request with an
 * `Authorization` of its own is left alone, and a 401 that cannot be healed is answered as it is.
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED`, `OAUTH_INSECURE_URL`; the returned function rejects as
 * `session.token()` does.
 * @example
 * const authorized = fetchWith(session, { allowedOrigins: 'https://api.example.com' })
 * const me = await (await authorized('https://api.example.com/me')).json()
 *
 */
export function fetchWith(session: OAuth2Session | Auth, options: FetchWithOptions = {}): FetchLike {
  const { allowedOrigins, skip } = options
  const { allowInsecure } = 'flow' in session ? {} : inside(session).state.options
  const auth: Auth = 'flow' in session ? session : (authOf(session) as Auth)
  const rule = originRule(allowedOrigins, globalThis.location?.origin, allowInsecure)
  const send: FetchLike = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  return async (input, init) => {
    const request = new Request(input, init)
    const reason = reasonToSkip(request, rule, skip)
    if (reason) {
      publishSkipped([auth.owner], () => ({ reason, method: request.method, url: request.url }))
      return send(request)
    }
    return traceRequest(outgoing(request, rule, auth, send), sent => converse(auth.flow(sent), request, sent))
  }
}
