import type { Send, ServerRequest, ServerResponse } from '../../src/server/call.js'
import { createSession, type OAuth2SessionOptions, type SessionEvents } from '../../src/session/session.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'

/** A promise that the test settles. */
export function gate() {
  let open!: () => void
  let fail!: (error: unknown) => void
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}

/** Lets everything that can go on without the outside go on. */
export const settled = () => new Promise<void>(resolve => setImmediate(resolve))

/** Settles `promise`, whatever it waits for: the event loop, or a timer of jest's. */
export async function hurry<T>(promise: Promise<T>): Promise<T> {
  let open = true
  const close = () => {
    open = false
  }
  promise.then(close, close)
  for (let turns = 0; open && turns < 1000; turns++) {
    await settled()
    jest.advanceTimersByTime(100)
  }
  return promise
}

/** A memory store, and every write that is made to it. */
export function recordingStore() {
  const memory = memoryStore()
  const writes: string[] = []
  const store: typeof memory = defineStore({
    ...memory,
    set: (key, next) => {
      writes.push('set')
      return memory.set(key, next)
    },
    delete: key => {
      writes.push('delete')
      return memory.delete(key)
    },
  })
  return { store, writes }
}

/** A token endpoint without a network: rotates, notices reuse, and answers when the test says so. */
export function fakeServer({ expires_in = 3600 as number | undefined, rotate = true } = {}) {
  const requests: ServerRequest[] = []
  const spent = new Set<string>()
  let valid = 'r0'
  let count = 0
  const server = {
    requests,
    reuse: 0,
    now: 1_000_000,
    expires_in,
    /** Answers used once each, before the regular ones. */
    answers: [] as Array<
      Partial<{ status: number; body: unknown; headers: Record<string, string>; error: unknown }>
    >,
    /** When set, no request is answered before it opens. */
    hold: undefined as ReturnType<typeof gate> | undefined,
    of: (endpoint: string) => requests.filter(request => request.endpoint === endpoint),
    get refreshToken() {
      return valid
    },
    send: (async request => {
      requests.push(request)
      const answer = (
        status: number,
        body: unknown,
        headers: Record<string, string> = {},
      ): ServerResponse => ({
        status,
        header: name => headers[name.toLowerCase()],
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      let made: ServerResponse | undefined
      const planned = server.answers.shift()
      if (planned?.error) {
        await server.hold?.promise
        throw planned.error
      }
      if (planned) made = answer(planned.status ?? 200, planned.body ?? {}, planned.headers)
      else if (request.endpoint === 'revocation') made = answer(200, '')
      else {
        const { grant_type, refresh_token = '' } = Object.fromEntries(request.body) as Record<string, string>
        if (grant_type === 'refresh_token' && refresh_token !== valid) {
          if (spent.has(refresh_token)) server.reuse++
          made = answer(400, { error: 'invalid_grant' })
        } else {
          const token: Record<string, unknown> = { access_token: `a${++count}`, token_type: 'Bearer' }
          if (server.expires_in !== undefined) token.expires_in = server.expires_in
          if (grant_type === 'refresh_token' && rotate) {
            spent.add(valid)
            valid = `r${count}`
            token.refresh_token = valid
          }
          made = answer(200, token)
        }
      }
      await server.hold?.promise
      return made
    }) as Send,
  }
  return server
}

/** The options that every session of a test needs. */
export const metadata = {
  issuer: 'https://as.example',
  token_endpoint: 'https://as.example/token',
  revocation_endpoint: 'https://as.example/revoke',
}

/** A session on a fake server, with its events recorded. */
export function makeSession(
  server: ReturnType<typeof fakeServer>,
  options: Partial<OAuth2SessionOptions> = {},
) {
  const session = createSession(
    { server: metadata, client: { client_id: 'app' }, clock: () => server.now, ...options },
    { send: server.send, http: {} as never },
  )
  const events: Array<{ [E in keyof SessionEvents]: [E, SessionEvents[E]] }[keyof SessionEvents]> = []
  for (const name of ['token', 'renewed', 'ended', 'challenge', 'error'] as const) {
    session.on(name, detail => events.push([name, detail] as never))
  }
  return { session, events, names: () => events.map(([name]) => name) }
}
