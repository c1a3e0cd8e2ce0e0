import { isOAuthError, OAuthError } from '../errors.js'
import type { HttpClient } from '../grants/grant.js'
import { type ServerResponse, secureUrl } from '../server/call.js'
import { fetchToken } from '../session/fetch-token.js'
import { core, createSession as createTokenSession } from '../session/session.js'
import { bury, load } from '../session/session-record.js'
import { inside, locked, type Transport } from '../session/session-state.js'
import type { Token, TokenStore } from '../session/stored-grant.js'
import {
  checkAuthorizationResponse,
  type OAuth1Authorization,
  type OAuth1AuthorizationResponse,
  type OAuth1Transaction,
} from './authorization-response.js'
import {
  accessTokenRequest,
  buildAuthorizationUrl,
  type DanceOptions,
  type DanceRequest,
  type OAuth1Server,
  processRequestToken,
  processTokenResponse,
  type Revision,
  requestTokenRequest,
} from './dance.js'
import type { OAuth1SigningOptions, OAuth1Token } from './options.js'
import { type OAuth1Auth, oauth1Auth } from './scheme.js'
import { outgoing } from './sign-request.js'
import { createSigner } from './signer.js'

/** Options of `createOAuth1Session`: how requests are signed, the server, and where credentials are kept. Times are seconds. */
export interface OAuth1SessionOptions extends OAuth1SigningOptions {
  server: OAuth1Server
  /** `1.0` for servers of before the revision, which know no verifier. Default `1.0a`. */
  revision?: Revision
  /** Default `memoryStore()`. */
  store?: TokenStore
  /** Where in the store: one key per user. Default: `access_token_url` and the client's key. A shared server-side store requires it. */
  key?: string
  /** The longest wait for the store's lock. Default 40. */
  maxWait?: number
  /** A store is asked again after that time, even if it told of no change. Default 60. */
  recheck?: number
  /** An axios instance for the calls of the dance; default: a fresh one, with nothing of the attached instance but its agents, proxy and adapter. */
  http?: HttpClient
}

/** Options of {@link OAuth1Session.fetchRequestToken}. */
export interface RequestTokenOptions extends DanceOptions {
  /** Where the resource owner comes back to, an absolute URL; default `oob`: a code to be typed. */
  callback?: string
  /** For this call, in place of the session's; several are joined by spaces. */
  realm?: string | readonly string[]
}

/** Options of {@link OAuth1Session.authorizationUrl}. */
export interface OAuth1AuthorizationOptions extends RequestTokenOptions {
  /** Temporary credentials that are there already; default: new ones. */
  requestToken?: OAuth1Token
  /** Further parameters of the authorization URL. */
  authorize?: Record<string, string>
}

/** Options of {@link OAuth1Session.fetchAccessToken}: with the callback as it came, or with the code that was typed. */
export interface AccessTokenOptions extends DanceOptions {
  transaction: OAuth1Transaction
  authorizationResponse?: OAuth1AuthorizationResponse
  verifier?: string
}

/** What a session tells its listeners; never a secret. */
export interface OAuth1SessionEvents {
  /** Token credentials were stored. */
  token: object
  /** The session is over: `token_rejected`, `token_expired`, `token_revoked`, or what `end` was given. */
  ended: { reason: string }
  /** Something went wrong that did not fail a request: a store that cannot be written. */
  error: { error: OAuthError }
}

/** One user's token credentials at one server: gets them, keeps them, signs with them. */
export interface OAuth1Session {
  /**
   * Asks for temporary credentials.
   * @throws OAuthError `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE` (also when the callback was
   * not confirmed), `OAUTH_INSECURE_URL`
   */
  fetchRequestToken(options?: RequestTokenOptions): Promise<OAuth1Token>
  /** The URL to send the resource owner to, and what to remember meanwhile. @throws OAuthError as {@link fetchRequestToken} does */
  authorizationUrl(options?: OAuth1AuthorizationOptions): Promise<{ url: string; transaction: OAuth1Transaction }>
  /**
   * Judges a callback: a foreign token, a refusal, a missing verifier.
   * @throws OAuthError `OAUTH_STATE_MISMATCH`, `OAUTH_AUTHORIZATION_FAILED`, `OAUTH_CODE_MISSING`
   */
  parseAuthorizationResponse(response: OAuth1AuthorizationResponse, transaction: OAuth1Transaction): OAuth1Authorization
  /**
   * Exchanges temporary credentials for token credentials and stores them.
   * @throws OAuthError what {@link parseAuthorizationResponse} throws, `OAUTH_TRANSACTION_USED`, `OAUTH_TRANSACTION_EXPIRED`,
   * `OAUTH_ISSUER_MISMATCH`, `OAUTH_SERVER_REFUSED`, `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`
   */
  fetchAccessToken(options: AccessTokenOptions): Promise<OAuth1Token>
  /** The stored credentials. @throws OAuthError `OAUTH_INTERACTION_REQUIRED`, `OAUTH_SESSION_ENDED`, `OAUTH_STORE_READ` */
  token(): Promise<OAuth1Token>
  /** The credentials that are known here; synchronous. */
  current(): OAuth1Token | undefined
  /** True while there are credentials. Asks the store, never the server. */
  authorized(): Promise<boolean>
  /** Stores credentials that were got elsewhere. @throws OAuthError `OAUTH_INVALID_OPTION` without an `oauth_token` */
  saveToken(token: OAuth1Token): Promise<OAuth1Token>
  /** Forgets the credentials, here and in the store. */
  end(reason?: string): Promise<void>
  /** Listens; returns the function that stops listening. */
  on<E extends keyof OAuth1SessionEvents>(event: E, listener: (detail: OAuth1SessionEvents[E]) => void): () => void
  /** Finishes what is under way and drops the store's notices. */
  close(): Promise<void>
  /** The scheme, for `attach` and `createInterceptors`. */
  readonly auth: OAuth1Auth
}

/** Seconds that a transaction may take. */
const PATIENCE = 600

/** Token credentials as stores keep them: the identifier is what names a grant. */
const toStored = ({ oauth_token, ...rest }: OAuth1Token): Token => ({
  ...rest,
  access_token: oauth_token,
  token_type: 'oauth1',
})

// the signer knows credentials by their object
const read = /* @__PURE__ */ new WeakMap<Token, OAuth1Token>()

function fromStored(stored: Token): OAuth1Token {
  let token = read.get(stored)
  if (!token) {
    const { access_token, token_type, ...rest } = stored
    token = { ...rest, oauth_token: access_token } as OAuth1Token
    read.set(stored, token)
  }
  return token
}

/** Makes a session that sends through `transport`. @throws OAuthError `OAUTH_INVALID_OPTION` */
export function createSession(options: OAuth1SessionOptions, transport: Transport): OAuth1Session {
  const {
    server,
    client,
    revision,
    store,
    key,
    maxWait,
    recheck,
    allowInsecure,
    clock = () => Date.now() / 1000,
  } = options
  const signer = createSigner(options)
  for (const name of ['request_token_url', 'authorize_url', 'access_token_url'] as const)
    if (!server?.[name]) throw new OAuthError('OAUTH_INVALID_OPTION', `server.${name} is missing.`)
  // the store, its lock, what others write to it and how a session ends are no other than with OAuth 2
  const kept = createTokenSession(
    {
      server: { issuer: server.access_token_url },
      client: { client_id: client.key },
      clock,
      ...(store && { store }),
      ...(key !== undefined && { key }),
      ...(maxWait !== undefined && { maxWait }),
      ...(recheck !== undefined && { recheck }),
    },
    transport,
  )
  const { state } = inside(kept)
  const used = new Map<string, number>()

  /** Makes a call of the dance, once more where the clock or the nonce was to blame. */
  async function call(dance: DanceRequest, name: keyof OAuth1Server, signing = signer): Promise<ServerResponse> {
    const { request, protocolParameters, token = null } = dance
    secureUrl(request.url, name, allowInsecure)
    const source = { current: () => token, token: () => token, rejected: () => undefined }
    const attempt = { ...request, headers: { ...request.headers } }
    const flow = oauth1Auth(signing, source, protocolParameters).flow(outgoing(attempt))
    let step = await flow.next()
    for (;;) {
      const { method, headers, url, data } = attempt
      const response = await transport.send({
        endpoint: 'token',
        method: method as 'POST' | 'GET',
        url: new URL(url),
        headers,
        body: new URLSearchParams(data as string | undefined),
      })
      // every attempt starts from what was asked for
      Object.assign(attempt, request, { headers: { ...request.headers } })
      const { status, body: text } = response
      step = await flow.next({ status, header: field => response.header(field), data: text, authenticated: true })
      if (step.done) return response
    }
  }

  const keep = async (token: OAuth1Token): Promise<OAuth1Token> =>
    fromStored(await fetchToken(kept, async () => toStored(token)))

  /** The server said that these credentials are over; if others have been stored meanwhile, they are not meant. */
  const reject = (token: OAuth1Token | null, reason: string): Promise<undefined> =>
    locked(state, async lease => {
      await load(state, true)
      if (token && state.grant?.tokens['']?.access_token === token.oauth_token) await bury(state, reason, lease)
    })
      .catch(error => core(kept).emit('error', { error }))
      .then(() => undefined)

  const current = (): OAuth1Token | undefined => {
    const stored = kept.current()
    return stored && fromStored(stored)
  }

  /** Lets a transaction pass once, in time, and only where it was begun. */
  function spend(transaction: OAuth1Transaction): void {
    const { oauth_token, created_at, client_key, access_token_url } = Object(transaction) as OAuth1Transaction
    const now = clock()
    for (const [old, at] of used) if (at < now - PATIENCE) used.delete(old)
    if (used.has(oauth_token))
      throw new OAuthError('OAUTH_TRANSACTION_USED', 'This sign-in was finished before: begin another.')
    if (client_key !== client.key || access_token_url !== server.access_token_url)
      throw new OAuthError('OAUTH_ISSUER_MISMATCH', 'This sign-in was begun with another server or client.')
    if (!(Math.abs(now - created_at) <= PATIENCE))
      throw new OAuthError('OAUTH_TRANSACTION_EXPIRED', 'This sign-in took longer than ten minutes: begin another.')
    used.set(oauth_token, now)
  }

  const session: OAuth1Session = {
    async fetchRequestToken({ realm, callback = 'oob', ...dance } = {}) {
      const signing = realm === undefined ? signer : createSigner({ ...options, realm: [realm].flat().join(' ') })
      const request = requestTokenRequest(server, { ...dance, callback, ...(revision && { revision }) })
      return processRequestToken(await call(request, 'request_token_url', signing), revision)
    },
    async authorizationUrl({ requestToken, authorize, ...options } = {}) {
      const token = requestToken ?? (await session.fetchRequestToken(options))
      const { oauth_token, oauth_token_secret } = token
      const { callback } = options
      return {
        url: buildAuthorizationUrl(server, oauth_token, {
          ...(revision === '1.0' && callback !== undefined && { oauth_callback: callback }),
          ...authorize,
        }),
        transaction: {
          oauth_token,
          ...(oauth_token_secret !== undefined && { oauth_token_secret }),
          client_key: client.key,
          access_token_url: server.access_token_url,
          created_at: Math.floor(clock()),
        },
      }
    },
    parseAuthorizationResponse: (response, transaction) =>
      checkAuthorizationResponse(response, transaction, { verifier: revision !== '1.0' }),
    async fetchAccessToken({ transaction, authorizationResponse, verifier, ...dance }) {
      const { oauth_verifier = verifier } =
        authorizationResponse === undefined
          ? {}
          : session.parseAuthorizationResponse(authorizationResponse, transaction)
      if (!oauth_verifier && revision !== '1.0')
        throw new OAuthError('OAUTH_CODE_MISSING', 'Give authorizationResponse, or the verifier that was typed.')
      spend(transaction)
      const { oauth_token, oauth_token_secret } = transaction
      const token = { oauth_token, ...(oauth_token_secret !== undefined && { oauth_token_secret }) }
      const request = accessTokenRequest(server, {
        ...dance,
        token,
        ...(oauth_verifier && { verifier: oauth_verifier }),
      })
      return keep(processTokenResponse(await call(request, 'access_token_url')))
    },
    async token() {
      try {
        return fromStored(await kept.token())
      } catch (error) {
        if (!isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED')) throw error
        throw new OAuthError(
          'OAUTH_INTERACTION_REQUIRED',
          'There are no token credentials: sign in with authorizationUrl().',
        )
      }
    },
    current,
    async authorized() {
      if (!(await kept.authorized())) return false
      const token = current()
      // RSA does without secrets
      return (
        !!token && (/^RSA/.test(options.signatureMethod?.name ?? '') || !!(client.secret && token.oauth_token_secret))
      )
    },
    async saveToken(token) {
      if (!token?.oauth_token) throw new OAuthError('OAUTH_INVALID_OPTION', 'Token credentials need an oauth_token.')
      return keep(token)
    },
    async end(reason = 'signed_out') {
      const { failure } = await core(kept).end(reason)
      if (failure) throw failure
    },
    on: (event, listener) => kept.on(event, listener as never),
    close: () => kept.close(),
    auth: {
      ...oauth1Auth(signer, { current, token: () => session.token(), rejected: reject }),
      adopt: instance => transport.adopt?.(instance),
    },
  }
  return session
}
