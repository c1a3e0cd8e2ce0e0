import axios from 'axios'
import {
  attachOAuth2,
  createOAuth2Session,
  type OAuth2Session,
  revokeToken,
  saveToken,
} from '../../src/index.js'
import { storageLease } from '../../src/locks/storage-lease.js'
import { webLocks } from '../../src/locks/web-locks.js'
import type { Lock, TokenStore } from '../../src/session/stored-grant.js'
import { indexedDbStore } from '../../src/stores/indexed-db.js'
import { webStorageStore } from '../../src/stores/web-storage.js'
import { lockCases } from '../contracts/lock.js'
import { storeCases } from '../contracts/store.js'

/** What run.mjs asks of a tab, by name; arguments and answers are JSON. */
const commands: Record<string, (...args: never[]) => unknown> = {
  /** Runs a contract here; answers how many cases passed and what the others said. */
  async contract(kind: keyof typeof contracts) {
    const failures: string[] = []
    let passed = 0
    for (const { name, run } of contracts[kind]()) {
      try {
        await run()
        passed++
      } catch (error) {
        failures.push(`${name}: ${error}`)
      }
    }
    return { passed, failures }
  },

  /** Enters a lock several times; the server counts who is inside. */
  async contend(kind: keyof typeof locks, name: string, times: number) {
    for (let time = 0; time < times; time++)
      await locks[kind]()(name, async () => {
        await fetch('/inside?step=1')
        // no timer: browsers slow those of hidden tabs down to one a second
        await fetch('/inside?step=0')
        await fetch('/inside?step=-1')
      })
  },

  /** Takes a lock and never gives it back. */
  hold: (kind: keyof typeof locks, name: string) =>
    new Promise<void>(inside => {
      void locks[kind]()(name, () => {
        inside()
        return new Promise(() => {})
      })
    }),

  /** Answers after how many milliseconds a lock was free. */
  async enter(kind: keyof typeof locks, name: string) {
    const asked = Date.now()
    await locks[kind]()(name, async () => {}, { maxWait: 30 })
    return Date.now() - asked
  },

  /** Starts listening to writes of others under a key. */
  listen(kind: keyof typeof stores, key: string) {
    told = 0
    stores[kind]().subscribe?.(key, () => told++)
  },
  told: () => told,
  async write(kind: keyof typeof stores, key: string, version: number) {
    return stores[kind]().set(key, { v: 1, grantId: 'grant', version, tokens: {} })
  },
  async read(kind: keyof typeof stores, key: string) {
    return stores[kind]().get(key)
  },

  /**
   * Whether the key pair that this tab finds (or makes) can sign and not be taken away; and its public half.
   */
  async keyPair(name: string) {
    const make = () =>
      crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const pair = await indexedDbStore().keyPair(name, make)
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const data = new TextEncoder().encode('proof')
    const signature = await crypto.subtle.sign(algorithm, pair.privateKey, data)
    const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
    return {
      works: await crypto.subtle.verify(algorithm, pair.publicKey, signature, data),
      taken: await crypto.subtle.exportKey('jwk', pair.privateKey).then(
        () => true,
        () => false,
      ),
      publicKey: `${x} ${y}`,
    }
  },

  /** A session on a store, attached to an API; what happens to it is counted. */
  open(kind: keyof typeof stores, database: string) {
    ended = 0
    session = createOAuth2Session({
      server: {
        issuer: location.origin,
        token_endpoint: `${location.origin}/token`,
        revocation_endpoint: `${location.origin}/revoke`,
      },
      client: { client_id: 'app' },
      store: stores[kind](database),
      key: 'anna',
    })
    session.on('ended', () => ended++)
    attachOAuth2(api, session)
  },
  async signIn(token: { access_token: string }) {
    await saveToken(session as OAuth2Session, token)
  },
  /** Calls the API; answers the status, or why there is none. */
  call: () =>
    api.get('/api').then(
      response => response.status,
      error => error.cause?.code ?? String(error),
    ),
  async signOut() {
    await revokeToken(session as OAuth2Session)
  },
  ended: () => ended,
}

const api = axios.create({ baseURL: location.origin })
let session: OAuth2Session | undefined
let told = 0
let ended = 0

const stores = {
  localStorage: (prefix = 'oauth:'): TokenStore => webStorageStore(localStorage, { prefix }),
  IndexedDB: (name = 'oauth'): TokenStore => indexedDbStore({ name }),
}

const locks: { [kind in 'Web Locks' | 'the lease in localStorage']: () => Lock } = {
  'Web Locks': () => webLocks(),
  'the lease in localStorage': () => storageLease(localStorage),
}

let run = 0
const contracts = {
  'webStorageStore(localStorage)': () =>
    storeCases(() => ({ store: webStorageStore(localStorage, { prefix: `contract-${++run}:` }) })),
  'webStorageStore(sessionStorage)': () =>
    storeCases(() => ({ store: webStorageStore(sessionStorage, { prefix: `contract-${++run}:` }) })),
  indexedDbStore: () =>
    storeCases(() => {
      const name = `contract-${++run}`
      return { store: indexedDbStore({ name }), other: indexedDbStore({ name }) }
    }),
  webLocks: () =>
    lockCases(() => ({
      lock: webLocks(),
      other: webLocks(),
      lease: 0,
      async lose(name) {
        await navigator.locks.request(`oauth-lock:${name}`, { steal: true }, async () => {})
      },
    })),
  storageLease: () =>
    lockCases(() => ({
      lock: storageLease(localStorage, { settle: 0.01 }),
      other: storageLease(localStorage, { settle: 0.01 }),
      lease: 10,
    })),
}

/** A command that was begun: undefined while it runs. */
const outcomes: Record<string, { value?: unknown; error?: string } | undefined> = {}

Object.assign(globalThis, {
  begin(id: string, name: string, args: never[]) {
    Promise.resolve()
      .then(() => commands[name]?.(...args))
      .then(
        value => {
          outcomes[id] = { value }
        },
        error => {
          outcomes[id] = { error: `${error} ${error?.stack} ${error?.cause} ${error?.cause?.stack}` }
        },
      )
  },
  outcome: (id: string) => JSON.stringify(outcomes[id] ?? null),
})
