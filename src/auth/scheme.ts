/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * One request as an authentication scheme sees it. A scheme writes its credentials on it and yields it; what
 * it wrote is taken off again before the next send, so every attempt starts from what the application asked
 * for.
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
  /** Reads a request header, whatever its case. */
  header(name: string): string | undefined
  /** Sets a request header, replacing one of another case; `undefined` removes it. */
  setHeader(name: string, value: string | undefined): void
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal | undefined
}

/** One response as an authentication scheme sees it. */
export interface IncomingResponse {
  readonly status: number
  /** Reads a response header, whatever its case; several lines are joined by `, `. */
  header(name: string): string | undefined
  /**
   * The body as the application's axios received it, before `transformResponse`; a JSON text may be given
   * parsed.
   */
  readonly data: unknown
  /** True when the application's own `isTokenExpired` said so: a refusal, whatever the status. */
  readonly expired?: boolean
  /**
   * False when a redirect led to a place that must not see the credential: such a response says nothing about
   * it.
   */
  readonly authenticated: boolean
  /** Lets a body go that is a stream: called before a renewal is waited for, which may need its socket. */
  discard?(): void
}

/**
 * One request's authentication as a conversation: yield a request, receive its response, return to accept it.
 */
export type AuthFlow = AsyncGenerator<OutgoingRequest, void, IncomingResponse>

/**
 * What `open` signed with; opaque to everybody but the scheme (an OAuth 2 token, OAuth 1 token credentials).
 */
export type Credential = object

/**
 * An authentication scheme. `flow` is the whole of it; `open` is the short way for a request that can be
 * signed at once, without waiting.
 */
export interface Auth<C extends Credential = Credential> {
  /**
   * True when the credential depends on the URL, the method or the body, or stands in one of them: redirects
   * are then followed by hand.
   */
  readonly boundToUrl?: boolean
  /** True when a redirect to another origin ends it, even to one that is allowed. */
  readonly sameOriginOnly?: boolean
  /** Expiry that only the body of an answer tells; the attachment's own wins. */
  isTokenExpired?(response: { status: number; data: unknown; headers: unknown; config: unknown }): boolean
  /** The inside of the session that it signs for: diagnostics name it. */
  readonly owner?: object
  /**
   * Signs synchronously with what is at hand, or answers `undefined` (having touched nothing) to take the
   * flow.
   */
  open?(request: OutgoingRequest): C | undefined
  /**
   * Looks at the answer to a request that `open` signed: true when `flow` must take over (with `sent`).
   * Default: the status is 401, or `expired`. It is asked once for every such answer, so that a scheme can
   * also learn from it.
   */
  refused?(response: IncomingResponse, request: OutgoingRequest): boolean
  /** The conversation; with `sent`, the first send has been made by `open` and was refused. */
  flow(request: OutgoingRequest, sent?: { token: C; response: IncomingResponse }): AuthFlow
}
