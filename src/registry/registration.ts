import type { AuthorizationOptions } from '../authorization/options.js'
import type { AttachOptions } from '../axios/attach-options.js'
import type { AxiosInstance } from '../axios/instance.js'
import type { OAuth1Token } from '../oauth1/options.js'
import type { OAuth1SessionOptions } from '../oauth1/session-options.js'
import type { OAuth1AuthorizationOptions } from '../oauth1/sign-in.js'
import type { OAuth2SessionOptions } from '../session/session-options.js'

/** One of several APIs that one grant covers, each with its own token. */
export interface RegisteredApi {
  /** A URL prefix: whole path segments count, and the longest matching prefix wins. */
  match: string
  /** The API that the token is for. */
  resource?: string
  scope?: string
}

/** The options of a client beside those of its session. */
export interface RegisteredClient extends AttachOptions {
  /** The base URL of its axios instance. */
  baseURL?: string
  /**
   * An existing instance, instead of one that the registry creates. Only for a client with one session for
   * all.
   */
  axios?: AxiosInstance
  /**
   * True if each person has a session. Default: true if the registry has a `user`, unless the client has a
   * `grant`, a `token`, or nothing but a key.
   */
  perUser?: boolean
}

/** A client of OAuth 2: the options of its session (a provider's among them), and its API. */
export interface OAuth2Registration extends Omit<OAuth2SessionOptions, 'key'>, RegisteredClient {
  /** The parameters of a sign-in: `scope`, `prompt`, and the other options of `createAuthorizationUrl`. */
  authorization?: AuthorizationOptions
  /** Several APIs on this one grant. Requests to others carry no token, unless `allowedOrigins` has them. */
  apis?: readonly RegisteredApi[]
}

/** A client of OAuth 1.0a. Without a `server` it signs with its key alone. */
export interface OAuth1Registration
  extends Omit<OAuth1SessionOptions, 'key' | 'client' | 'server'>,
    RegisteredClient {
  /** May be absent if the environment has it. */
  client?: OAuth1SessionOptions['client']
  server?: OAuth1SessionOptions['server']
  /** Given token credentials; the client then has no sign-in. */
  token?: OAuth1Token
  /** The parameters of a sign-in: the options of `createOAuth1AuthorizationUrl`. */
  authorization?: OAuth1AuthorizationOptions
}

/**
 * One row of the table. A `request_token_url` of the server, a `signatureMethod` or a `key` makes it a client
 * of OAuth 1.0a.
 */
export type Registration = OAuth2Registration | OAuth1Registration

/** A client of OAuth 1.0a, by its type. */
export type IsOAuth1 =
  | { server: { request_token_url: string } }
  | { client: { key: string } }
  | { signatureMethod: object }

/** Tells the two protocols apart. */
export function isOAuth1(registration: object): registration is OAuth1Registration {
  const { server, client, signatureMethod } = registration as Partial<
    Record<'server' | 'client' | 'signatureMethod', Record<string, unknown>>
  >
  return !!(signatureMethod || server?.request_token_url || client?.key !== undefined)
}

/** True for a client that signs with its key, or with given credentials. */
export function signsAlone(registration: Registration): boolean {
  if (!isOAuth1(registration)) return false
  const { server, token } = registration
  return !!token || !server?.request_token_url
}

/** True for a client that people sign in to. */
export const needsPerson = (registration: Registration): boolean =>
  !signsAlone(registration) && !(registration as OAuth2Registration).grant
