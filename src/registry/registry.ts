import { attachOAuth1, createOAuth1Session } from '../axios/attach-oauth1.js'
import { attachOAuth2, createOAuth2Session } from '../axios/attach-oauth2.js'
import type { AttachOptions } from '../axios/attach-options.js'
import type { Attachment } from '../axios/entry.js'
import type { AxiosInstance } from '../axios/instance.js'
import { createInstance } from '../axios/instance.js'
import { oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import type { OAuth1Session } from '../oauth1/session-options.js'
import type { OAuth2Session, SessionEvents } from '../session/session-options.js'
import type { TokenStore } from '../session/stored-grant.js'
import { memoryStore } from '../stores/memory.js'
import { apiRules } from './apis.js'
import { configured, type Environment } from './environment.js'
import {
  type IsOAuth1,
  isOAuth1,
  needsPerson,
  type OAuth1Registration,
  type OAuth2Registration,
  type RegisteredClient,
  type Registration,
  signsAlone,
} from './registration.js'

/** Options of {@link createRegistry}. Times are seconds. */
export interface RegistryOptions<R extends Record<string, Registration>> {
  /** The table: the registration of each client, by name. */
  clients: R
  /** The store of all grants, unless a client has a store of its own. Default `memoryStore()`. */
  store?: TokenStore
  /**
   * Returns the person of the current request, on a server for many people; it is called for each request.
   */
  user?: () => string | undefined
  /** The source of settings. Default `process.env` where it exists; `{}` reads none. */
  environment?: Environment
  /** True lets the environment win over the code. */
  overwrite?: boolean
  /** A person's session is closed after this time without use; its grant stays in the store. Default 3600. */
  idle?: number
  /** Creates the axios instance of a client. Default: `axios.create`. */
  createInstance?: (defaults: { baseURL?: string }, name: string) => AxiosInstance
  /** Seconds since the epoch; for `idle`. */
  clock?: () => number
}

const OPTIONS: Record<keyof RegistryOptions<Record<string, Registration>>, true> = {
  clients: true,
  store: true,
  user: true,
  environment: true,
  overwrite: true,
  idle: true,
  createInstance: true,
  clock: true,
}

/** The person of a session, by the application's own name. */
export interface RegistryTarget {
  /** Must not be empty if given, so that a missing person never gets the session for all. */
  user?: string | undefined
}

/** The session of a client, by its registration; if the environment decides, it may be of either kind. */
export type SessionOf<C> = Registration extends C
  ? OAuth1Session | OAuth2Session
  : C extends IsOAuth1
    ? OAuth1Session
    : OAuth2Session

/** The members that every event of a registry adds to those of the session. */
export interface RegistryEvent {
  client: string
  /** Absent for a client with one session for all. */
  user?: string
  session: OAuth2Session | OAuth1Session
}

/** Several clients by name, each for one person or for many. */
export interface Registry<R extends Record<string, Registration> = Record<string, Registration>> {
  /** The names of the clients. */
  readonly names: readonly (keyof R & string)[]
  /**
   * An axios instance with the client's base URL and authentication; the same one every time. Without `user`,
   * in a registry that has a `user`, it is one instance for all people: each request is made for the person
   * of the current request.
   * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown name or an empty `user`, and what attaching
   * throws
   */
  client(name: keyof R & string, target?: RegistryTarget): AxiosInstance
  /**
   * The session of a client, created on first use.
   * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown name, an empty `user`, or a client that has no
   * session; `OAUTH_INTERACTION_REQUIRED` when the registry's `user` answers nobody
   */
  session<N extends keyof R & string>(name: N, target?: RegistryTarget): SessionOf<R[N]>
  /** Adds a client, or replaces one: sessions and instances of the old one are no longer returned. */
  register<N extends string, C extends Registration>(name: N, registration: C): Registry<R & Record<N, C>>
  /** The effective registration of a client, with the settings of the environment. */
  registration(name: keyof R & string): Registration
  /** Listens to every session of every client, present and future; returns the function that unsubscribes. */
  on<E extends keyof SessionEvents>(
    event: E,
    listener: (detail: SessionEvents[E] & RegistryEvent) => void,
  ): () => void
  /** The open sessions; `createInspector` takes a registry for them. */
  sessions(): (OAuth2Session | OAuth1Session)[]
  /**
   * Closes every session: pending work is finished and stored. @throws OAuthError as `session.close()` does
   */
  close(): Promise<void>
}

/** One session with its instance. */
interface LiveSession {
  name: string
  user: string | undefined
  session: OAuth2Session | OAuth1Session
  instance?: AxiosInstance
  usedAt: number
}

/** One client, and the instance that serves all people. */
interface Client {
  registration: Registration
  isPerUser: boolean
  shared?: AxiosInstance
  attachments: Attachment[]
}

type Any = Record<string, Registration>
type AnyListener = (detail: never) => void

interface State {
  readonly options: RegistryOptions<Any>
  readonly store: TokenStore
  readonly clients: Map<string, Client>
  /** By client and person; the least recently used one is the first. */
  readonly live: Map<string, LiveSession>
  readonly listeners: Map<keyof SessionEvents, Set<AnyListener>>
  readonly clock: () => number
}

const storeKey = (name: string, user: string | undefined) =>
  [name, ...(user === undefined ? [] : [user])].map(encodeURIComponent).join('/')

/** The parts of a registration that are not options of a session. */
function sessionOptions(registration: Registration) {
  const { baseURL, axios, perUser, allowedOrigins, skip, apis, authorization, ...session } =
    registration as OAuth2Registration
  return session as Omit<
    OAuth2Registration & OAuth1Registration,
    keyof RegisteredClient | 'apis' | 'authorization'
  >
}

const attachOptions = ({ allowedOrigins, skip }: Registration): AttachOptions => ({
  ...(allowedOrigins !== undefined && { allowedOrigins }),
  ...(skip && { skip }),
})

function clientOf({ clients }: State, name: string): Client {
  const found = clients.get(name)
  if (found) return found
  throw oauthError('OAUTH_INVALID_OPTION', 'unknownClient', { name, known: [...clients.keys()].join(', ') })
}

/** The person of a session. @throws OAuthError */
function userOf(state: State, name: string, target: RegistryTarget | undefined): string | undefined {
  if (target && 'user' in target) {
    if (target.user) return target.user
    throw oauthError('OAUTH_INVALID_OPTION', 'noUser', { name })
  }
  if (!clientOf(state, name).isPerUser) return undefined
  const user = state.options.user?.()
  if (!user) throw oauthError('OAUTH_INTERACTION_REQUIRED', 'noPerson', { name })
  return user
}

/** Forwards the events of a session to the registry's listeners. */
function forward(
  { listeners }: State,
  { name, user, session }: LiveSession,
  event: keyof SessionEvents,
): void {
  const about = { client: name, ...(user !== undefined && { user }), session }
  const on = session.on as (event: string, listener: (detail: object) => unknown) => () => void
  // A listener that throws must not keep events from the others; the session reports the failure.
  const tell = async (listener: AnyListener, detail: object) => listener({ ...detail, ...about } as never)
  on.call(session, event, detail =>
    Promise.all([...(listeners.get(event) ?? [])].map(one => tell(one, detail))),
  )
}

/** Closes idle sessions, except those with unsaved writes. */
function closeIdle(state: State): void {
  const { live, options, clock } = state
  const before = clock() - (options.idle ?? 3600)
  for (const [key, one] of live) {
    if (one.usedAt > before) return
    live.delete(key)
    one.session.close().catch(() => {
      if (!live.has(key)) live.set(key, { ...one, usedAt: clock() })
    })
  }
}

function makeSession(state: State, name: string, user: string | undefined): LiveSession['session'] {
  const { registration } = clientOf(state, name)
  if (signsAlone(registration)) throw oauthError('OAUTH_INVALID_OPTION', 'signingOnly', { name })
  const options = { store: state.store, ...sessionOptions(registration), key: storeKey(name, user) }
  return isOAuth1(registration)
    ? createOAuth1Session(options as Parameters<typeof createOAuth1Session>[0])
    : createOAuth2Session(options as Parameters<typeof createOAuth2Session>[0])
}

function liveOf(state: State, name: string, user: string | undefined): LiveSession {
  const { live, listeners, clock } = state
  const key = storeKey(name, user)
  const known = live.get(key)
  const found = known ?? { name, user, session: makeSession(state, name, user), usedAt: 0 }
  found.usedAt = clock()
  // The most recently used session is the last in the map.
  live.delete(key)
  live.set(key, found)
  if (known) return known
  for (const event of listeners.keys()) forward(state, found, event)
  closeIdle(state)
  return found
}

/** Remembers how to detach, for when an application's own instance gets another client. */
function rememberAttachment({ registration, attachments }: Client, attachment: Attachment): void {
  if (registration.axios) attachments.push(attachment)
}

/**
 * Attaches a client's session, or the function that returns the session for the person of the current
 * request.
 */
function attachClient(
  client: Client,
  instance: AxiosInstance,
  source: () => LiveSession['session'],
  isPerUser = false,
): void {
  const { registration } = client
  const rest = attachOptions(registration)
  if (isOAuth1(registration)) {
    rememberAttachment(client, attachOAuth1(instance, source() as OAuth1Session, rest))
    return
  }
  const { apis, allowInsecure } = registration
  const one = source as () => OAuth2Session
  if (!apis) {
    rememberAttachment(client, attachOAuth2(instance, isPerUser ? one : one(), rest))
    return
  }
  for (const { api, allowedOrigins } of apiRules(apis, allowInsecure)) {
    const { match: _, ...target } = api
    const view = () => one().for(target)
    rememberAttachment(client, attachOAuth2(instance, isPerUser ? view : view(), { ...rest, allowedOrigins }))
  }
}

function makeInstance(state: State, name: string): AxiosInstance {
  const { registration } = clientOf(state, name)
  const { baseURL } = registration
  const defaults = baseURL === undefined ? {} : { baseURL }
  return registration.axios ?? (state.options.createInstance ?? createInstance)(defaults, name)
}

function instanceOf(state: State, name: string, target: RegistryTarget | undefined): AxiosInstance {
  const client = clientOf(state, name)
  const { registration, isPerUser } = client
  if (signsAlone(registration)) {
    client.shared ??= makeSigning(state, name, client)
    return client.shared
  }
  const isForEverybody = isPerUser && !(target && 'user' in target) && !isOAuth1(registration)
  if (isForEverybody) {
    client.shared ??= makeShared(state, name, client)
    return client.shared
  }
  const one = liveOf(state, name, userOf(state, name, target))
  if (!one.instance) {
    const instance = makeInstance(state, name)
    attachClient(client, instance, () => one.session)
    one.instance = instance
  }
  return one.instance
}

function makeShared(state: State, name: string, client: Client): AxiosInstance {
  const instance = makeInstance(state, name)
  attachClient(client, instance, () => liveOf(state, name, userOf(state, name, undefined)).session, true)
  return instance
}

function makeSigning(state: State, name: string, client: Client): AxiosInstance {
  const instance = makeInstance(state, name)
  const { server: _, store: __, ...signing } = sessionOptions(client.registration)
  rememberAttachment(
    client,
    attachOAuth1(instance, signing as Parameters<typeof attachOAuth1>[1], attachOptions(client.registration)),
  )
  return instance
}

const ofProcess = () => (globalThis as { process?: { env?: Environment } }).process?.env ?? {}

/** Puts a client into the table; instances and sessions of an older one of that name are dropped. */
function putClient(state: State, name: string, given: Registration): void {
  const { clients, live, options } = state
  const { environment = ofProcess(), overwrite = false, user } = options
  const registration = configured(name, given, environment, overwrite)
  if (registration.axios) for (const attachment of clients.get(name)?.attachments ?? []) attachment.detach()
  clients.set(name, {
    registration,
    isPerUser: registration.perUser ?? (!!user && needsPerson(registration)),
    attachments: [],
  })
  for (const [key, one] of live) {
    if (one.name !== name) continue
    live.delete(key)
    one.session.close().catch(() => undefined)
  }
}

async function closeAll({ live }: State): Promise<void> {
  const ends = await Promise.allSettled([...live.values()].map(({ session }) => session.close()))
  const failed = ends.find(end => end.status === 'rejected')
  if (failed) throw failed.reason
  live.clear()
}

/**
 * Creates a registry: a table of clients, each an axios instance by name. Sessions are created on first use,
 * one for each client, or one for each client and person; they share one store. The environment can hold
 * settings such as `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET` for the client `github`.
 * @example
 * import { AsyncLocalStorage } from 'node:async_hooks'
 * const person = new AsyncLocalStorage<string>() // the person of each request
 * const registry = createRegistry({
 *   clients: {
 *     github: { ...github, baseURL: 'https://api.github.com' },
 *     billing: { server, client, grant: clientCredentialsGrant({ scope: 'read' }), baseURL: 'https://billing.example.com' },
 *   },
 *   store: fileStore('.tokens'),
 *   user: () => person.getStore(),
 * })
 * await registry.client('github').get('/user')
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function createRegistry<R extends Record<string, Registration>>(
  options: RegistryOptions<R>,
): Registry<R> {
  checkNames(options, OPTIONS)
  const { clients, store = memoryStore(), clock = () => Date.now() / 1000 } = options
  const state: State = { options, store, clients: new Map(), live: new Map(), listeners: new Map(), clock }
  for (const [name, registration] of Object.entries(clients)) putClient(state, name, registration)
  const registry: Registry<Any> = {
    get names() {
      return [...state.clients.keys()]
    },
    sessions: () => [...state.live.values()].map(({ session }) => session),
    client: (name, target) => instanceOf(state, name, target),
    session: (name, target) => liveOf(state, name, userOf(state, name, target)).session as never,
    register(name, registration) {
      putClient(state, name, registration)
      return registry as never
    },
    registration: name => clientOf(state, name).registration,
    on(event, listener) {
      const { listeners, live } = state
      const set = listeners.get(event) ?? new Set()
      if (!listeners.has(event)) {
        listeners.set(event, set)
        for (const one of live.values()) forward(state, one, event)
      }
      set.add(listener as AnyListener)
      return () => {
        set.delete(listener as AnyListener)
      }
    },
    close: () => closeAll(state),
  }
  return registry as unknown as Registry<R>
}
