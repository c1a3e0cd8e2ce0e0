import { type CryptoLike, randomBytesOf } from '../crypto/crypto-like.js'
import type { OAuthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import { needsPerson } from '../registry/registration.js'
import type { Registry } from '../registry/registry.js'
import { localPath } from '../sign-in/return-to.js'
import type { CookieJar } from './cookies.js'
import { errorPage, jsonAnswer, SAFE_HEADERS } from './pages.js'
import type { PeopleIndex } from './people.js'
import type { Seal } from './seal.js'

/** The part of a registry that the routes use. */
export type RoutesRegistry = Pick<Registry, 'names' | 'registration' | 'session' | 'on'>

/** Options of {@link createRoutes}. Times are seconds. */
export interface RoutesOptions {
  /**
   * The address of this site, as browsers see it: `https://app.example.com`. Callbacks and the same-origin
   * check use it.
   */
  origin: string
  /** At least 32 random characters, to seal the cookies. With several, the first one seals and all open. */
  secret: string | readonly string[]
  /** The path of the routes. Default `/auth`. */
  basePath?: string
  /**
   * Returns the person of this request, if the application has its own sign-in; without a person nothing can
   * be connected. Default: a cookie of these routes identifies the visitor.
   */
  user?: (request: Request) => string | undefined | Promise<string | undefined>
  /** The target after a sign-in or log-out without another one. Default `/`. */
  home?: string
  /**
   * Clients whose access tokens a page of this site may ask for (token-mediating back end). Default: none.
   */
  allowTokens?: readonly string[]
  /** The page to which the server redirects after a log-out; exactly as registered there. */
  post_logout_redirect_uri?: string
  /** How long a visitor stays known. Default 30 days. */
  maxAge?: number
  /**
   * The attribute of the visitor's cookie. Default `Lax`. `Strict` suits pages that only scripts of this site
   * ask for data: the document after a sign-in, or behind a link of another site, is requested without it.
   * With {@link user} it says that the application's own cookie is Strict: a callback that brings none is
   * then for the person who began the sign-in.
   */
  sameSite?: 'Lax' | 'Strict'
  /** The index for back-channel log-outs. Default: in this process. */
  people?: PeopleIndex
  /** Renders a failed sign-in; `again` is the address to begin another. Default: a plain page. */
  errorPage?: (error: OAuthError, again: string) => Response | Promise<Response>
  clock?: () => number
  /** Default `globalThis.crypto`. */
  crypto?: CryptoLike
}

export const VISITOR = 'oauth-visitor'

/** The user of sessions before a sign-in: nothing is ever stored for it. */
export const ANONYMOUS = 'nobody who signed in'

/** The state that all routes share. */
export interface Site {
  readonly registry: RoutesRegistry
  readonly options: RoutesOptions
  readonly origin: string
  readonly basePath: string
  readonly seal: Seal
  readonly people: PeopleIndex
  readonly maxAge: number
  readonly clock: () => number
}

/** One request for a route. */
export interface Visit {
  readonly site: Site
  readonly request: Request
  readonly url: URL
  readonly jar: CookieJar
  /** The name of the client in the path; empty if there is none. */
  readonly name: string
}

export const DAY = 86_400

async function visitorOf({ seal, maxAge, clock }: Site, jar: CookieJar): Promise<string | undefined> {
  const known = (await seal.open(jar.get(VISITOR), VISITOR)) as { id: string; at: number } | undefined
  return known && clock() - known.at < maxAge ? known.id : undefined
}

export const userOf = ({ site, request, jar }: Visit) =>
  site.options.user ? Promise.resolve(site.options.user(request)) : visitorOf(site, jar)

/** Sets the cookie that identifies a visitor. */
export async function identifyVisitor({ site, jar }: Visit, id: string): Promise<void> {
  const { seal, maxAge, clock, options } = site
  jar.set(VISITOR, await seal.seal({ id, at: Math.floor(clock()) }, VISITOR), maxAge, options.sameSite)
}

export const newVisitor = ({ site }: Visit) =>
  base64url(randomBytesOf(site.options.crypto ?? globalThis.crypto, 24))

/** The clients that people sign in to. */
export const clientsOf = ({ registry }: Site) =>
  registry.names.filter(name => {
    const registration = registry.registration(name)
    return needsPerson(registration) && registration.perUser !== false
  })

export const redirect = (location: string) =>
  new Response(null, { status: 303, headers: { ...SAFE_HEADERS, Location: location } })

export const notFound = () => jsonAnswer(404, { error: 'not_found' })

/** True for a request from this site's own pages; other sites cannot make a browser send one. */
export function isSameOrigin({ site, request }: Visit): boolean {
  const from = request.headers.get('Sec-Fetch-Site')
  return from ? from === 'same-origin' : request.headers.get('Origin') === site.origin
}

/** The longest target that a cookie holds; five of them fit into the headers that Node accepts. */
const MAX_TARGET = 1500

/**
 * The requested target (`?return_to=/path`), or the home of the site for anything that is not a path of it,
 * and for a path that is too long: a browser drops a cookie above 4096 bytes, and with it the sign-in.
 */
export function returnTarget({ site, url }: Visit): string {
  const { home = '/' } = site.options
  const target = localPath(url.searchParams.get('return_to') ?? undefined, site.origin)
  return target !== undefined && target.length <= MAX_TARGET ? target : home
}

/** The page of a failed sign-in. */
export function failurePage({ site, name }: Visit, error: OAuthError): Response | Promise<Response> {
  const again = `${site.basePath}/login/${encodeURIComponent(name)}`
  return (site.options.errorPage ?? errorPage)(error, again)
}
