/**
 * What attaching costs a request whose token is at hand: CPU time against bare axios in the same process, in short rounds whose
 * order is shuffled. Every request is answered at once in memory, so nothing is measured but axios and what stands around it.
 */
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'

const ROUNDS = 60
const REQUESTS = 400

const adapter = async (config: object) =>
  ({ data: '{"ok":true}', status: 200, statusText: 'OK', headers: {}, config }) as never
const make = () => axios.create({ baseURL: 'https://api.example.com', adapter })

const bare = make()

const oneLine = make()
oneLine.interceptors.request.use(config => {
  config.headers.set('Authorization', 'Bearer token')
  return config
})

const attached = make()
const session = createOAuth2Session({
  server: { token_endpoint: 'https://as.example.com/token' },
  client: { client_id: 'app' },
})
await saveToken(session, { access_token: 'token', expires_in: 3600 })
attachOAuth2(attached, session)

const contenders = { bare, 'one-line interceptor': oneLine, attachOAuth2: attached }
type Name = keyof typeof contenders
const names = Object.keys(contenders) as Name[]

async function round(name: Name): Promise<number> {
  const instance = contenders[name]
  const start = process.cpuUsage()
  for (let i = 0; i < REQUESTS; i++) await instance.get('/me')
  const { user, system } = process.cpuUsage(start)
  return (user + system) / REQUESTS
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number

for (const name of names) for (let i = 0; i < 5; i++) await round(name)
const micros = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>
for (let i = 0; i < ROUNDS; i++) {
  for (const name of [...names].sort(() => Math.random() - 0.5)) micros[name].push(await round(name))
}
const pairs = (name: Name) => median(micros[name].map((value, i) => value / (micros.bare[i] as number)))
process.stdout.write('attaching a valid bearer token, against bare axios (limit 1.12)\n')
for (const name of names) {
  const ratio = pairs(name)
  process.stdout.write(
    `  ${name.padEnd(22)} ${ratio.toFixed(3)} x   ${median([...micros[name]]).toFixed(1)} µs of CPU\n`,
  )
}
if (pairs('attachOAuth2') > 1.12) process.exitCode = 1
