/**
 * A web application that signs people in and calls an API for them (web application flow). It uses only a
 * small part of Express, so any framework works. Tokens stay on the server: in a store, with one key per
 * person.
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

/**
 * The used part of a request: its path and query, and the visitor's own session, which a cookie identifies.
 */
export interface WebRequest {
  url: string
  session: { id: string; transaction?: AuthorizationTransaction | undefined }
}

/** The used part of a response. */
export interface WebResponse {
  redirect(url: string): unknown
  status(code: number): WebResponse
  json(value: unknown): unknown
}

/** The used part of an application. */
export interface WebApplication {
  get(path: string, handler: (request: WebRequest, response: WebResponse) => Promise<unknown>): unknown
}

/** Options of {@link addRoutes}. */
export interface WebOptions extends Settings {
  /** Exactly as registered; it leads to `/callback`. */
  redirect_uri: string
  /** One for the whole server. Several processes share a store with a lock (Redis, files). */
  store: TokenStore
  /**
   * The key of a visitor, which must be unique to the person. Default: by the id of the visitor's session.
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

  /** The OAuth session of the visitor; created for each request, while the store outlives it. */
  const sessionOf = (request: WebRequest): OAuth2Session =>
    createOAuth2Session({
      server,
      client,
      store,
      key: keyOf(request),
      // Only Node 18 needs this, which has no global crypto.
      crypto: webcrypto as Crypto,
    })

  // Step 1: redirect the visitor to the authorization server.
  app.get('/', async (request, response) => {
    const { url, transaction } = await createAuthorizationUrl(sessionOf(request), {
      redirect_uri,
      scope: 'profile',
      prompt: 'select_account',
      // A parameter of this provider: Google issues a refresh token only with it.
      parameters: { access_type: 'offline' },
    })
    request.session.transaction = transaction
    response.redirect(url)
  })

  // Step 2 happens at the server. Step 3: the visitor comes back with a code.
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

  // An expired token is refreshed automatically; this route refreshes before that.
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
