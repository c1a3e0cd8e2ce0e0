import { type AllowedOrigins, type OriginRule, originRule, parse } from '../auth/origins.js'
import type { Auth, AuthFlow, IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { isOAuthError, oauthError } from '../errors.js'
import { publishRetry, publishSkipped, traceRequest } from '../lib/diagnostics.js'
import { authOf } from '../oauth2/scheme.js'
import type { OAuth2Session } from '../session/session-options.js'
import { inside } from '../session/state.js'

/** The signature of `fetch`. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Options of {@link fetchWith}. */
export interface FetchWithOptions {
  /**
   * The allowed targets of the token: origins or URL prefixes. Default: the page's own origin in a browser;
   * required elsewhere.
   */
  allowedOrigins?: AllowedOrigins
  /** True for requests without a token. */
  skip?: (request: Request) => boolean
  /** Default: the global `fetch`. */
  fetch?: FetchLike
}

/** One request of `fetch` as a scheme sees it; the scheme's changes are undone before the next send. */
interface FetchRequest extends OutgoingRequest {
  readonly scheme: Auth
  adapter: FetchLike
  /** The request to send now: the application's, with the scheme's changes. */
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
      // The copy lets the body be sent again.
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
    // After a redirect to another origin the platform has removed the header.
    authenticated: !end || end.origin === new URL(request.url).origin,
    header: name => response.headers.get(name) ?? undefined,
  }
}

/** The reason for a request without a token. */
function reasonToSkip(request: Request, rule: OriginRule, skip: FetchWithOptions['skip']) {
  if (!rule.allows(new URL(request.url))) return 'origin'
  if (request.headers.has('authorization')) return 'own-authorization'
  return skip?.(request) ? 'skip' : undefined
}

/** Runs the flow of the scheme. */
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
    // The API's refusal says more than the failure of the renewal after it.
    if (!response || !isOAuthError(error)) throw error
  } finally {
    flow.return().catch(() => {})
  }
  return response ?? sent.adapter(request)
}

/**
 * Creates a `fetch` that sends the session's token by the same rules as an attached axios instance: allowed
 * origins only, one renewal for all waiting requests, and one replay of the refused request. A request with
 * an `Authorization` of its own is left alone, and a 401 that a renewal does not cure is returned as it is.
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED`, `OAUTH_INSECURE_URL`; the returned function rejects as
 * `session.token()` does.
 * @example
 * const authorized = fetchWith(session, { allowedOrigins: 'https://api.example.com' })
 * const me = await (await authorized('https://api.example.com/me')).json()
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
