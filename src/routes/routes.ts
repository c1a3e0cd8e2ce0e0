import { isOAuthError, oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import type { OAuth2Session } from '../session/session.js'
import { createJar } from './cookies.js'
import { backchannel, logout } from './log-out.js'
import { jsonAnswer } from './pages.js'
import { memoryIndex } from './people.js'
import { createSeal } from './seal.js'
import { callback, login } from './sign-in.js'
import {
  clientsOf,
  DAY,
  failurePage,
  notFound,
  type RoutesOptions,
  type RoutesRegistry,
  type Site,
  userOf,
  type Visit,
} from './site.js'
import { tokenFor } from './token.js'

/** Routes for a server of any kind. */
export interface Routes {
  readonly basePath: string
  /** Answers a request that belongs to the routes; returns `undefined` for any other. */
  handle(request: Request): Promise<Response | undefined>
  /** The person of this request, for the registry; `undefined` for a visitor who is not signed in. */
  user(request: Request): Promise<string | undefined>
}

/** The handlers, by method and the first part of the path. */
const HANDLERS: Record<
  string,
  { methods: readonly string[]; needsName: boolean; handler: (visit: Visit) => Promise<Response> }
> = {
  login: { methods: ['GET'], needsName: true, handler: login },
  callback: { methods: ['GET', 'POST'], needsName: true, handler: callback },
  logout: { methods: ['POST'], needsName: false, handler: logout },
  backchannel: { methods: ['POST'], needsName: true, handler: backchannel },
  token: { methods: ['POST'], needsName: true, handler: tokenFor },
}

/** Answers a request, and adds its cookies. */
async function answer(visit: Visit, kind: string): Promise<Response> {
  const { site, name, request, jar } = visit
  const route = Object.hasOwn(HANDLERS, kind) ? HANDLERS[kind] : undefined
  const isKnown = name ? clientsOf(site).includes(name) : !route?.needsName
  if (!route || !isKnown) return notFound()
  if (!route.methods.includes(request.method))
    return jsonAnswer(405, { error: 'method_not_allowed' }, { Allow: route.methods.join(', ') })
  const response = await route.handler(visit).catch((error: unknown) => {
    if (!isOAuthError(error)) throw error
    return failurePage(visit, error)
  })
  for (const cookie of jar.headers()) response.headers.append('Set-Cookie', cookie)
  return response
}

const OPTIONS: Record<keyof RoutesOptions, true> = {
  origin: true,
  secret: true,
  basePath: true,
  user: true,
  home: true,
  allowTokens: true,
  post_logout_redirect_uri: true,
  maxAge: true,
  sameSite: true,
  people: true,
  errorPage: true,
  clock: true,
  crypto: true,
}

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function originOf({ origin }: RoutesOptions): string {
  try {
    const url = new URL(origin)
    if (/^https?:$/.test(url.protocol) && url.origin === origin.replace(/\/$/, '')) return url.origin
  } catch {
    // The error below reports it.
  }
  throw oauthError('OAUTH_INVALID_OPTION', 'siteOrigin')
}

/**
 * Creates the routes for signing in to the clients of a registry, for any server with `Request` and
 * `Response`; `/routes/node` adapts them to Express, Fastify and Koa. Under `basePath`: `GET login/NAME`
 * (with `?return_to=/path`), `GET` or `POST callback/NAME`, `POST logout` and `POST logout/NAME` from pages
 * of this site, `POST backchannel/NAME` from the server, and `POST token/NAME` for clients of `allowTokens`.
 * @example
 * const routes = createRoutes(registry, { origin: 'https://app.example.com', secret: process.env.COOKIE_SECRET ?? '' })
 * const respond = (request: Request) => routes.handle(request) // undefined if it is for another handler
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a short secret or an `origin` that is none
 * @see https://www.rfc-editor.org/rfc/rfc10017
 */
export function createRoutes(registry: RoutesRegistry, options: RoutesOptions): Routes {
  checkNames(options, OPTIONS)
  const {
    basePath: given = '/auth',
    secret,
    crypto,
    maxAge = 30 * DAY,
    clock = () => Date.now() / 1000,
  } = options
  const basePath = `/${given.replace(/^\/+|\/+$/g, '')}`
  const people = options.people ?? memoryIndex(clock)
  const seal = createSeal(secret, crypto)
  const origin = originOf(options)
  const isHttps = origin.startsWith('https:')
  const site: Site = { registry, options, origin, basePath, seal, people, maxAge, clock }
  // On a server the key binds a session to one person, so another sign-in under that key is by the same
  // person.
  site.registry.on('changed', ({ session }) => (session as OAuth2Session).acceptChange())
  const visitOf = (request: Request, name: string): Visit => ({
    site,
    request,
    url: new URL(request.url),
    jar: createJar(request.headers.get('Cookie'), isHttps),
    name,
  })
  return {
    basePath,
    async handle(request) {
      const { pathname } = new URL(request.url)
      if (!pathname.startsWith(`${basePath}/`)) return undefined
      const [kind = '', name = '', ...rest] = pathname.slice(basePath.length + 1).split('/')
      if (rest.length > 0) return notFound()
      return answer(visitOf(request, decode(name)), kind)
    },
    user: async request => userOf(visitOf(request, '')),
  }
}

const decode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
