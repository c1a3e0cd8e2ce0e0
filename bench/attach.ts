/**
 * What attaching costs a request that needs nothing: a valid token at hand, no waiting, no refusal. Against
 * bare axios, against the least that an application writes by hand, an interceptor of one line, and against
 * other packages for the same job, which run in the same process because what they do to axios's shared code
 * paths slows all contenders alike. The adapter answers from memory, so that axios itself is all that is
 * measured; over a network the difference disappears. Rounds are short and shuffled, each compares the
 * contenders within the same moment, and the median of the paired ratios counts: what else the machine does
 * hits all alike.
 */
import axios, { type AxiosInstance } from 'axios'
import { createAuthRefresh } from 'axios-auth-refresh'
import { applyAuthTokenInterceptor, setAuthTokens } from 'axios-jwt'
// @ts-expect-error it has no types
import tokenInterceptor from 'axios-token-interceptor'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'
import { traceRequest } from '../src/lib/diagnostics.js'

/**
 * The marks: a request with OAuth costs at most so much of a bare one, and of one with the one-line
 * interceptor.
 */
const LIMIT = 1.12
const LIMIT_BY_HAND = 1.02
/** The unobserved diagnostics channels cost less than what two runs of this bench differ by. */
const LIMIT_UNOBSERVED = 0.005
const ROUNDS = 200
const REQUESTS = 400

const adapter = async (config: object) =>
  ({ status: 200, statusText: 'OK', headers: {}, data: '{"ok":true}', config, request: undefined }) as never
const create = () => axios.create({ baseURL: 'https://api.example.com/v1', adapter })

const bare = create()

const oneLine = (instance: AxiosInstance) => {
  instance.interceptors.request.use(
    config => {
      config.headers.set('Authorization', 'Bearer token')
      return config
    },
    null,
    { synchronous: true },
  )
  return instance
}
const byHand = oneLine(create())

/**
 * The interceptors that most applications carry: one renewal at a time, the other refused requests in a
 * queue.
 */
function failedQueue(instance: AxiosInstance): AxiosInstance {
  let isRefreshing = false
  let queue: { resolve(token: string): void; reject(error: unknown): void }[] = []
  instance.interceptors.response.use(
    response => response,
    async error => {
      const { config, response } = error
      if (response?.status !== 401 || config.retried) throw error
      config.retried = true
      if (isRefreshing) {
        config.headers.Authorization = `Bearer ${await new Promise<string>((resolve, reject) => queue.push({ resolve, reject }))}`
        return instance(config)
      }
      isRefreshing = true
      const { data } = await axios.post('https://auth.example.com/token')
      for (const waiting of queue) waiting.resolve(data.access_token)
      queue = []
      isRefreshing = false
      config.headers.Authorization = `Bearer ${data.access_token}`
      return instance(config)
    },
  )
  return oneLine(instance)
}

const authRefresh = oneLine(create())
createAuthRefresh(authRefresh, async () => undefined)

const jwt = create()
const kept = new Map<string, string>()
const unsigned = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
applyAuthTokenInterceptor(jwt, {
  requestRefresh: async () => unsigned({ exp: Date.now() / 1000 + 3600 }),
  getStorage: () => ({
    get: async key => kept.get(key) ?? null,
    set: async (key, value) => void kept.set(key, value),
    remove: async key => void kept.delete(key),
  }),
})
await setAuthTokens({ accessToken: unsigned({ exp: Date.now() / 1000 + 3600 }), refreshToken: 'refresh' })

const tokens = create()
tokens.interceptors.request.use(
  tokenInterceptor({ getToken: tokenInterceptor.tokenCache(async () => 'token', { maxAge: 3_600_000 }) }),
)

const ours = create()
const session = createOAuth2Session({
  server: { token_endpoint: 'https://auth.example.com' },
  client: { client_id: 'c' },
})
await saveToken(session, { access_token: 'token', expires_in: 3600 })
attachOAuth2(ours, session)

const contenders: [string, AxiosInstance][] = [
  ['bare axios', bare],
  ['one-line interceptor', byHand],
  ['attachOAuth2', ours],
  ['failedQueue interceptor', failedQueue(create())],
  ['axios-auth-refresh', authRefresh],
  ['axios-token-interceptor', tokens],
  ['axios-jwt', jwt],
]

async function time(instance: AxiosInstance): Promise<number> {
  const start = process.hrtime.bigint()
  for (let i = 0; i < REQUESTS; i++) await instance.get('/things', { params: undefined })
  return Number(process.hrtime.bigint() - start) / REQUESTS
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number
const shuffle = <T>(values: T[]) => {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[values[i], values[j]] = [values[j] as T, values[i] as T]
  }
  return values
}

for (let warm = 0; warm < 20; warm++) for (const [, instance] of contenders) await time(instance)
const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]))
const ratios = new Map<string, number[]>(contenders.map(([name]) => [name, []]))
const overOneLine: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const measured = new Map<string, number>()
  for (const [name, instance] of shuffle([...contenders])) measured.set(name, await time(instance))
  overOneLine.push(
    (measured.get('attachOAuth2') as number) / (measured.get('one-line interceptor') as number),
  )
  for (const [name, value] of measured) {
    times.get(name)?.push(value)
    ratios.get(name)?.push(value / (measured.get('bare axios') as number))
  }
}
for (const [name] of contenders) {
  const ns = median(times.get(name) as number[])
  console.log(
    `${name.padEnd(24)} ${(ns / 1000).toFixed(2)} µs  ${median(ratios.get(name) as number[]).toFixed(3)} ×`,
  )
}

/**
 * What a request pays for the diagnostics channels while nobody listens, in nanoseconds: the shortest of many
 * rounds.
 */
function unobserved(): number {
  const call = { method: 'GET', url: '/', scheme: {}, adapter: () => done }
  const done = Promise.resolve()
  const send = (_call: object) => done
  let last: unknown
  const round = (run: () => unknown) => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < 10_000; i++) last = run()
    if (last !== done) throw new Error('nothing was sent')
    return Number(process.hrtime.bigint() - start) / 10_000
  }
  const shortest = (run: () => unknown) => Math.min(...Array.from({ length: 100 }, () => round(run)))
  return shortest(() => traceRequest({ ...call }, send)) - shortest(() => send({ ...call }))
}

const channels = unobserved()
const whole = median(times.get('attachOAuth2') as number[])
console.log(`\nthe unobserved diagnostics channels: ${channels.toFixed(0)} ns of ${whole.toFixed(0)} ns`)
if (channels > LIMIT_UNOBSERVED * whole) {
  console.error(`unobserved channels cost too much: the mark is ${LIMIT_UNOBSERVED} of a request`)
  process.exitCode = 1
}

const ratio = median(ratios.get('attachOAuth2') as number[])
const overByHand = median(overOneLine)
console.log(`\nattachOAuth2 against the one-line interceptor: ${overByHand.toFixed(3)} ×`)
if (ratio > LIMIT || overByHand > LIMIT_BY_HAND) {
  console.error(`attaching costs too much: the marks are ${LIMIT} and ${LIMIT_BY_HAND}`)
  process.exitCode = 1
}
