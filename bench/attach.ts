/**
 * What attaching costs a request that needs nothing: a valid token at hand, no waiting, no refusal. Against bare axios and
 * against the least that anybody writes by hand, an interceptor of one line. The adapter answers from memory, so that axios
 * itself is all that is measured; over a network the difference disappears. Rounds are short and shuffled, each compares the
 * contenders within the same moment, and the median of the paired ratios counts: what else the machine does hits all alike.
 */
import axios, { type AxiosInstance } from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'

/** The mark: a request with OAuth costs at most so much of a bare one. */
const LIMIT = 1.12
const ROUNDS = 400
const REQUESTS = 400

const adapter = async (config: object) =>
  ({ status: 200, statusText: 'OK', headers: {}, data: '{"ok":true}', config, request: undefined }) as never
const create = () => axios.create({ baseURL: 'https://api.example.com/v1', adapter })

const bare = create()

const byHand = create()
byHand.interceptors.request.use(
  config => {
    config.headers.set('Authorization', 'Bearer token')
    return config
  },
  null,
  { synchronous: true },
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
for (let round = 0; round < ROUNDS; round++) {
  const measured = new Map<string, number>()
  for (const [name, instance] of shuffle([...contenders])) measured.set(name, await time(instance))
  for (const [name, value] of measured) {
    times.get(name)?.push(value)
    ratios.get(name)?.push(value / (measured.get('bare axios') as number))
  }
}
for (const [name] of contenders) {
  const ns = median(times.get(name) as number[])
  console.log(`${name.padEnd(22)} ${(ns / 1000).toFixed(2)} µs  ${median(ratios.get(name) as number[]).toFixed(3)} ×`)
}
const ratio = median(ratios.get('attachOAuth2') as number[])
if (ratio > LIMIT) {
  console.error(`\nattaching costs ${ratio.toFixed(3)} × bare axios: the mark is ${LIMIT}`)
  process.exitCode = 1
}
