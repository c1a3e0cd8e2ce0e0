import { get } from 'node:http'
import {
  authorizationCodeGrant,
  createAuthorizationUrl,
  defineStore,
  fetchToken,
  memoryStore,
  type OAuth2Session,
  type StoredGrant,
  type TokenStore,
} from 'axios-oauth-interceptor'
import type { observeSession } from 'axios-oauth-interceptor/observe'
import { createSession, type OAuth2SessionOptions } from '../../src/session/session.js'
import { nodeSend } from '../oauth2/support.js'
import { type IssuedToken, startAuthorizationServer } from '../servers/authorization-server.js'

/** The pages of one application, and their authorization server on loopback. */
export type Pages = Awaited<ReturnType<typeof startPages>>

/** Where the authorization endpoint sends the browser; jsdom has no fetch that would say it. */
const redirectOf = (url: string) =>
  new Promise<string>((resolve, reject) => {
    get(url, response => {
      response.resume()
      resolve(String(response.headers.location))
    }).on('error', reject)
  })

/** Starts the server; its `stop` is that of `as`. */
export async function startPages() {
  const as = await startAuthorizationServer()
  const idTokenOf = (sub: string, more: object) => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: as.metadata.issuer, aud: 'app', sub, iat: now, exp: now + 600, ...more }
    return [{ alg: 'none' }, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
      .concat('.x')
  }
  return {
    as,
    sessionOf: (options: Partial<OAuth2SessionOptions> = {}): OAuth2Session =>
      createSession(
        { server: as.metadata, client: { client_id: 'app' }, ...options },
        { send: nodeSend, http: {} as never },
      ),
    /** A token answer, for a person with an ID token. */
    issue: (sub?: string, more: object = {}): IssuedToken => ({
      ...as.issue(),
      ...(sub && { id_token: idTokenOf(sub, more) }),
    }),
    /** A person signs in, by the authorization code. */
    async signIn(session: OAuth2Session) {
      const { url, transaction } = await createAuthorizationUrl(session, {
        redirect_uri: 'http://127.0.0.1:9/cb',
      })
      const authorizationResponse = await redirectOf(url)
      await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction }))
    },
  }
}

/** A store in memory that several sessions share as tabs share theirs: those who did not write are told. */
export function sharedStores(count: number): TokenStore[] {
  const inner = memoryStore()
  const told = new Map<number, Set<() => void>>()
  return Array.from({ length: count }, (_, own) =>
    defineStore({
      ...inner,
      async set(key: string, next: StoredGrant) {
        const written = await inner.set(key, next)
        for (const [other, listeners] of told) if (other !== own) for (const listener of listeners) listener()
        return written
      },
      subscribe(_key: string, changed: () => void) {
        const listeners = told.get(own) ?? new Set()
        told.set(own, listeners.add(changed))
        return () => void listeners.delete(changed)
      },
    }),
  )
}

/** A store whose first answer waits for `answer`, and that counts how often it was read. */
export function slowStore() {
  const inner = memoryStore()
  let answer = () => {}
  const ready = new Promise<void>(resolve => {
    answer = resolve
  })
  const reads = { count: 0 }
  const store: TokenStore = defineStore({
    ...inner,
    async get(key) {
      reads.count++
      await ready
      return inner.get(key)
    },
  })
  return { store, answer, reads }
}

/** Counts who listens to the session's events now. */
export function countListeners(session: OAuth2Session): () => number {
  const on = session.on.bind(session)
  let count = 0
  session.on = (event, listener) => {
    const stop = on(event, listener)
    count++
    return () => {
      stop()
      count--
    }
  }
  return () => count
}

type Observation = ReturnType<typeof observeSession>

/** Resolves as soon as `holds` does, told by the observation alone. */
export function until(observation: Observation, holds: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const stop = observation.subscribe(() => {
      if (!holds()) return
      stop()
      resolve()
    })
    if (holds()) {
      stop()
      resolve()
    }
  })
}

/** Resolves when the session has this status. */
export const statusIs = (observation: Observation, status: string) =>
  until(observation, () => observation.getSnapshot().status === status)
