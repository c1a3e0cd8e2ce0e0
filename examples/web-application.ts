/**
 * A web application that signs people in and works for them (web application flow). Written against the
 * little of Express that it needs, so any framework will do. Tokens stay on the server: in a store, one key
 * per person.
 */
import { webcrypto } from 'node:crypto'
import axios from 'axios'
import {
  type AuthorizationTransaction,
  attachOAuth2,
  authorizationCodeGrant,
  createAuthorizationUrl,
  createOAuth2Session,
  fetchToken,
  isOAuthError,
  type OAuth2Session,
  refreshToken,
  revokeToken,
  type TokenStore,
} from 'axios-oauth-interceptor'
import { fromEnvironment, type Settings } from './settings.js'
import { isActive } from './validate-token.js'

/** What is used of a request: its path and query, and the visitor's own session, which a cookie leads to. */
export interface WebRequest {
  url: string
  session: { id: string; transaction?: AuthorizationTransaction | undefined }
}

/** What is used of a response. */
export interface WebResponse {
  redirect(url: string): unknown
  status(code: number): WebResponse
  json(value: unknown): unknown
}

/** What is used of an application. */
export interface WebApplication {
  get(path: string, handler: (request: WebRequest, response: WebResponse) => Promise<unknown>): unknown
}

/** Options of {@link addRoutes}. */
export interface WebOptions extends Settings {
  /** Exactly as registered; leads to `/callback`. */
  redirect_uri: string
  /** One for the whole server. Several processes share a store that brings its lock (Redis, files). */
  store: TokenStore
  /**
   * Visitors come back as who they are: their key must be theirs alone. Default: by the id of the visitor's
   * session.
   */
  keyOf?: (request: WebRequest) => string
}

export function addRoutes(app: WebApplication, options: WebOptions): void {
  const {
    server,
    client,
    api,
    redirect_uri,
    store,
    keyOf = ({ session }) => `visitor:${session.id}`,
  } = options

  /** The OAuth session of who is being served; made for each request, while the store outlives it. */
  const sessionOf = (request: WebRequest): OAuth2Session =>
    createOAuth2Session({
      server,
      client,
      store,
      key: keyOf(request),
      // needed in Node 18 only, which has no global one
      crypto: webcrypto as Crypto,
    })

  // step 1: send the visitor to the authorization server
  app.get('/', async (request, response) => {
    const { url, transaction } = await createAuthorizationUrl(sessionOf(request), {
      redirect_uri,
      scope: 'profile',
      prompt: 'select_account',
      // a parameter of this provider's own; Google gives a refresh token for it
      parameters: { access_type: 'offline' },
    })
    request.session.transaction = transaction
    response.redirect(url)
  })

  // step 2 happens over there. Step 3: the visitor comes back with a code
  app.get('/callback', async (request, response) => {
    const { transaction } = request.session
    request.session.transaction = undefined
    if (!transaction) return response.status(400).json({ error: 'Begin at /' })
    try {
      await fetchToken(
        sessionOf(request),
        authorizationCodeGrant({ authorizationResponse: request.url, transaction }),
      )
    } catch (error) {
      if (!isOAuthError(error)) throw error
      return response.status(403).json({ error: error.error ?? error.code })
    }
    return response.redirect('/profile')
  })

  app.get('/profile', async (request, response) => {
    const instance = axios.create({ baseURL: api })
    attachOAuth2(instance, sessionOf(request))
    try {
      response.json((await instance.get('/secret')).data)
    } catch (error) {
      const reason = axios.isAxiosError(error) ? error.cause : error
      const signedOut =
        isOAuthError(reason, 'OAUTH_SESSION_ENDED') || isOAuthError(reason, 'OAUTH_INTERACTION_REQUIRED')
      if (!signedOut) throw error
      response.redirect('/')
    }
  })

  // an expired token is refreshed on the way, so there is no route for that; this one does it although none
  // has expired
  app.get('/manual_refresh', async (request, response) => {
    const { expires_at } = await refreshToken(sessionOf(request))
    response.json({ expires_at })
  })

  app.get('/validate', async (request, response) => {
    response.json({ active: await isActive(sessionOf(request)) })
  })

  app.get('/sign_out', async (request, response) => {
    const { revoked } = await revokeToken(sessionOf(request))
    response.json({ revoked })
  })
}

/** Adds the routes to an Express application, with settings from the environment. */
export const main = (app: WebApplication, store: TokenStore): void =>
  addRoutes(app, {
    ...fromEnvironment(),
    store,
    redirect_uri: process.env.REDIRECT_URI ?? 'https://app.example.com/callback',
  })
