/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>

/** True for a promise of any kind. Not by instanceof: Angular's zone.js replaces the global `Promise`. */
export const isPromise = <T>(value: Awaitable<T> | undefined): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function'

/**
 * One request as an authentication scheme sees it. A scheme writes its credentials to it and yields it; the
 * changes are undone before the next send, so every attempt starts from the application's request.
 */
export interface OutgoingRequest {
  /** Upper case. */
  readonly method: string
  /** The absolute URL, exactly as it will be sent. A scheme may replace it (credentials in the query). */
  url: string
  /**
   * The final body: a string, bytes, a form, a stream … A scheme may replace it (credentials in a form body).
   */
  data: unknown
  /** Reads a request header, in any case. */
  header(name: string): string | undefined
  /** Sets a request header, replacing one of another case; `undefined` removes it. */
  setHeader(name: string, value: string | undefined): void
  /** Aborted when the caller aborts. */
  readonly signal: AbortSignal | undefined
}

/** One response as an authentication scheme sees it. */
export interface IncomingResponse {
  readonly status: number
  /** Reads a response header, in any case; several lines are joined by `, `. */
  header(name: string): string | undefined
  /**
   * The body as the application's axios received it, before `transformResponse`; a JSON text may be given
   * parsed.
   */
  readonly data: unknown
  /** True if the application's own `isTokenExpired` says so: a refusal with any status. */
  readonly expired?: boolean | undefined
  /**
   * False if a redirect led to a place that must not get the credential: such a response says nothing about
   * it.
   */
  readonly authenticated: boolean
  /** Releases a body that is a stream, because a renewal may need its socket. */
  discard?(): void
}

/**
 * True for an answer that refuses the credential: by its status, or by the application's own
 * `isTokenExpired`.
 */
export const isRefusal = ({ authenticated, status, expired }: IncomingResponse): boolean =>
  authenticated && (status === 401 || !!expired)

/**
 * One request's authentication as a conversation: yield a request, receive its response, return to accept it.
 */
export type AuthFlow = AsyncGenerator<OutgoingRequest, void, IncomingResponse>

/**
 * The credential that `open` signed with; opaque to all code but the scheme (an OAuth 2 token, OAuth 1 token
 * credentials).
 */
export type Credential = object

/**
 * An authentication scheme. `flow` is complete by itself; `open` is a shortcut for requests that are signed
 * at once, or as soon as a credential is there: a request that waits in it costs less memory.
 */
export interface Auth<C extends Credential = Credential> {
  /**
   * True if the credential depends on the URL, the method or the body, or is part of them: this package then
   * follows redirects itself.
   */
  readonly boundToUrl?: boolean
  /** True if a redirect to another origin ends it, even to an allowed one. */
  readonly sameOriginOnly?: boolean
  /** Expiry that only the body of an answer shows; the attachment's own predicate wins. */
  isTokenExpired?(response: { status: number; data: unknown; headers: unknown; config: unknown }): boolean
  /** The internals of the session that it signs for: diagnostics name it. */
  readonly owner?: object
  /**
   * Signs with the current credential, or returns `undefined` without a change to take the flow. A promise
   * keeps the request until it is signed, unless the caller gives it up meanwhile.
   */
  open?(request: OutgoingRequest): Awaitable<C> | undefined
  /**
   * Judges the answer to a request that `open` signed: true if `flow` must take over (with `sent`). Default:
   * the status is 401, or `expired`. It is called once for every such answer, so that a scheme can also read
   * values from it.
   */
  refused?(response: IncomingResponse, request: OutgoingRequest): boolean
  /** The conversation; with `sent`, `open` has made the first send, which was refused. */
  flow(request: OutgoingRequest, sent?: { token: C; response: IncomingResponse }): AuthFlow
}
