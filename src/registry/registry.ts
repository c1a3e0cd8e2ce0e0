import { attachOAuth1, createOAuth1Session } from '../axios/attach-oauth1.js'
import { attachOAuth2, createOAuth2Session } from '../axios/attach-oauth2.js'
import type { Attachment, AttachOptions } from '../axios/entry.js'
import type { AxiosInstance } from '../axios/instance.js'
import { createInstance } from '../axios/instance.js'
import { oauthError } from '../errors.js'
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
  /** The table: a name for each client, and what it is. */
  clients: R
  /** Where everybody's grants are kept, unless a client has a store of its own. Default `memoryStore()`. */
  store?: TokenStore
  /** Answers the person who is being served, where a server works for many; asked for every request. */
  user?: () => string | undefined
  /** Where configuration is read from. Default `process.env`, where there is one; `{}` reads none. */
  environment?: Environment
  /** True has the environment win over the code. */
  overwrite?: boolean
  /**
   * The session of a person is let go when nobody used it for so long; what it keeps is in the store. Default
   * 3600.
   */
  idle?: number
  /** Makes the axios instance of a client. Default: `axios.create`. */
  createInstance?: (defaults: { baseURL?: string }, name: string) => AxiosInstance
  /** Seconds since the epoch; for `idle`. */
  clock?: () => number
}

/** Whose session: the application's own name for a person. */
export interface RegistryTarget {
  /** Given, it must not be empty: a session of nobody is never a session of everybody. */
  user?: string | undefined
}

/** The session of a client, by its registration; one that the environment settles may be either. */
export type SessionOf<C> = Registration extends C
  ? OAuth1Session | OAuth2Session
  : C extends IsOAuth1
    ? OAuth1Session
    : OAuth2Session

/** What every event of a registry says beside what the session's says. */
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
   * in a registry that has a `user`, it is one instance for everybody: each request is made for the person
   * who is being served then.
   * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown name or an empty `user`, and what attaching
   * throws
   */
  client(name: keyof R & string, target?: RegistryTarget): AxiosInstance
  /**
   * The session of a client, made when it is first asked for.
   * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown name, an empty `user`, or a client that has no
   * session; `OAUTH_INTERACTION_REQUIRED` when the registry's `user` answers nobody
   */
  session<N extends keyof R & string>(name: N, target?: RegistryTarget): SessionOf<R[N]>
  /** Adds a client, or replaces one: what was made for the old one is not handed out again. */
  register<N extends string, C extends Registration>(name: N, registration: C): Registry<R & Record<N, C>>
  /** The registration of a client as it counts, the environment's settings among it. */
  registration(name: keyof R & string): Registration
  /**
   * Listens to every session of every client, also to those that are made later; answers the function that
   * stops.
   */
  on<E extends keyof SessionEvents>(
    event: E,
    listener: (detail: SessionEvents[E] & RegistryEvent) => void,
  ): () => void
  /** The sessions that are held at the moment; `createInspector` takes a registry for them. */
  sessions(): (OAuth2Session | OAuth1Session)[]
  /**
   * Closes every session: what is under way is finished and stored. @throws OAuthError as `session.close()`
   * does
   */
  close(): Promise<void>
}

/** One session, and what was made of it. */
interface Live {
  name: string
  user: string | undefined
  session: OAuth2Session | OAuth1Session
  instance?: AxiosInstance
  usedAt: number
}

/** One client, and the instance that serves everybody. */
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
  /** By client and person; the one that was used longest ago is the first. */
  readonly live: Map<string, Live>
  readonly listeners: Map<keyof SessionEvents, Set<AnyListener>>
  readonly clock: () => number
}

const storeKey = (name: string, user: string | undefined) =>
  [name, ...(user === undefined ? [] : [user])].map(encodeURIComponent).join('/')

/** The parts of a registration that are no options of a session. */
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

/** Whose session it is. @throws OAuthError */
function userOf(state: State, name: string, target: RegistryTarget | undefined): string | undefined {
  if (target && 'user' in target) {
    if (target.user) return target.user
    throw oauthError('OAUTH_INVALID_OPTION', 'noUser', { name })
  }
  if (!clientOf(state, name).isPerUser) return undefined
  const user = state.options.user?.()
  if (!user) throw oauthError('OAUTH_INTERACTION_REQUIRED', 'nobody', { name })
  return user
}

/** Has a session tell the registry's listeners. */
function forward({ listeners }: State, { name, user, session }: Live, event: keyof SessionEvents): void {
  const about = { client: name, ...(user !== undefined && { user }), session }
  const on = session.on as (event: string, listener: (detail: object) => unknown) => () => void
  // one that throws keeps nothing from the others; the session takes care of the failure
  const tell = async (listener: AnyListener, detail: object) => listener({ ...detail, ...about } as never)
  on.call(session, event, detail =>
    Promise.all([...(listeners.get(event) ?? [])].map(one => tell(one, detail))),
  )
}

/** Lets sessions go that nobody used; one that has something to store yet is kept. */
function letGo(state: State): void {
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

function makeSession(state: State, name: string, user: string | undefined): Live['session'] {
  const { registration } = clientOf(state, name)
  if (signsAlone(registration)) throw oauthError('OAUTH_INVALID_OPTION', 'signingOnly', { name })
  const options = { store: state.store, ...sessionOptions(registration), key: storeKey(name, user) }
  return isOAuth1(registration)
    ? createOAuth1Session(options as Parameters<typeof createOAuth1Session>[0])
    : createOAuth2Session(options as Parameters<typeof createOAuth2Session>[0])
}

function liveOf(state: State, name: string, user: string | undefined): Live {
  const { live, listeners, clock } = state
  const key = storeKey(name, user)
  const known = live.get(key)
  const found = known ?? { name, user, session: makeSession(state, name, user), usedAt: 0 }
  found.usedAt = clock()
  // last in the map, as the one that was used last
  live.delete(key)
  live.set(key, found)
  if (known) return known
  for (const event of listeners.keys()) forward(state, found, event)
  letGo(state)
  return found
}

/** Remembers what must be undone when an application's own instance gets another client. */
function keep({ registration, attachments }: Client, attachment: Attachment): void {
  if (registration.axios) attachments.push(attachment)
}

/**
 * Attaches a client's session, or the function that answers the session of the person who is being served.
 */
function attachClient(
  client: Client,
  instance: AxiosInstance,
  source: () => Live['session'],
  isPerUser = false,
): void {
  const { registration } = client
  const rest = attachOptions(registration)
  if (isOAuth1(registration)) {
    keep(client, attachOAuth1(instance, source() as OAuth1Session, rest))
    return
  }
  const { apis, allowInsecure } = registration
  const one = source as () => OAuth2Session
  if (!apis) {
    keep(client, attachOAuth2(instance, isPerUser ? one : one(), rest))
    return
  }
  for (const { api, allowedOrigins } of apiRules(apis, allowInsecure)) {
    const { match: _, ...target } = api
    const view = () => one().for(target)
    keep(client, attachOAuth2(instance, isPerUser ? view : view(), { ...rest, allowedOrigins }))
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
  keep(
    client,
    attachOAuth1(instance, signing as Parameters<typeof attachOAuth1>[1], attachOptions(client.registration)),
  )
  return instance
}

const ofProcess = () => (globalThis as { process?: { env?: Environment } }).process?.env ?? {}

/** Puts a client into the table; what was made for an older one of that name is let go. */
function add(state: State, name: string, given: Registration): void {
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
 * Makes a registry: a table of clients, each of them an axios instance by name. Sessions are made when they
 * are first asked for, one for each client, or one for each client and person; they share one store.
 * `GITHUB_CLIENT_ID`, `GITHUB_CLIENT_SECRET` and others are read from the environment for the client
 * `github`.
 * @example
 * const registry = createRegistry({
 *   clients: {
 *     github: { ...github, baseURL: 'https://api.github.com' },
 *     billing: { server, client, grant: clientCredentialsGrant({ scope: 'read' }), baseURL: 'https://billing.example.com' },
 *   },
 *   store: redisStore({ client: redis }),
 *   user: () => visitor.getStore(),
 * })
 * await registry.client('github').get('/user')
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function createRegistry<R extends Record<string, Registration>>(
  options: RegistryOptions<R>,
): Registry<R> {
  const { clients, store = memoryStore(), clock = () => Date.now() / 1000 } = options
  const state: State = { options, store, clients: new Map(), live: new Map(), listeners: new Map(), clock }
  for (const [name, registration] of Object.entries(clients)) add(state, name, registration)
  const registry: Registry<Any> = {
    get names() {
      return [...state.clients.keys()]
    },
    sessions: () => [...state.live.values()].map(({ session }) => session),
    client: (name, target) => instanceOf(state, name, target),
    session: (name, target) => liveOf(state, name, userOf(state, name, target)).session as never,
    register(name, registration) {
      add(state, name, registration)
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
