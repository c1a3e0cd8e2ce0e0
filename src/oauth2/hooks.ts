import type { Awaitable, OutgoingRequest } from '../auth/flow.js'
import type { ServerRequest, ServerResponse } from './endpoint.js'
import type { Token } from './stored-grant.js'

/** One compliance hook or several, run in the order given; each may change its argument or answer a replacement. */
export type Hook<T, Rest extends unknown[] = []> =
  | ((value: T, ...rest: Rest) => Awaitable<T | undefined | void>)
  | ReadonlyArray<(value: T, ...rest: Rest) => Awaitable<T | undefined | void>>

/** Places where a server that does not follow the specification can be met halfway. */
export interface Hooks {
  /** The authorization URL, before the user agent is sent there. */
  authorizationUrl?: Hook<URL>
  /** Any token request but a refresh, after client authentication. */
  tokenRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  tokenResponse?: Hook<ServerResponse>
  /** A refresh request, after client authentication. */
  refreshRequest?: Hook<ServerRequest>
  /** The raw answer to it, before it is judged. */
  refreshResponse?: Hook<ServerResponse>
  /** A request to the API, after the token was put on it. A URL that a hook changed is checked again. */
  protectedRequest?: Hook<OutgoingRequest, [token: Token]>
  revocationRequest?: Hook<ServerRequest>
  introspectionRequest?: Hook<ServerRequest>
}
