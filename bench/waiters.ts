/**
 * What a request holds while it waits for a renewal: heap for each of 10 000 waiters, against as many bare
 * axios requests whose adapter has not answered yet. A request with a `timeout` or a signal holds a timer or
 * a listener as well, as it would in a transport.
 */
import axios, { type AxiosRequestConfig } from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'

const WAITERS = 10_000
const CASES: { name: string; limit: number; options: () => AxiosRequestConfig }[] = [
  { name: 'alone', limit: 1.4, options: () => ({}) },
  { name: 'with a timeout', limit: 1.6, options: () => ({ timeout: 10_000 }) },
  { name: 'with a signal', limit: 1.5, options: () => ({ signal: new AbortController().signal }) },
]

const collect = () => {
  for (let i = 0; i < 4; i++) (globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().heapUsed
}
const turn = () => new Promise(resolve => setImmediate(resolve))

/** Heap for each of the requests that `begin` sends while nobody answers. */
async function measure(begin: () => Promise<unknown>, release: () => void): Promise<number> {
  const before = collect()
  const waiting = Array.from({ length: WAITERS }, begin)
  for (let i = 0; i < 5; i++) await turn()
  const bytes = (collect() - before) / WAITERS
  release()
  await Promise.all(waiting)
  return bytes
}

async function bare(options: () => AxiosRequestConfig): Promise<number> {
  let open = () => {}
  const answered = new Promise<void>(resolve => {
    open = resolve
  })
  const api = axios.create({
    baseURL: 'https://api.example.com',
    adapter: async config => {
      await answered
      return { data: '', status: 200, statusText: 'OK', headers: {}, config } as never
    },
  })
  return measure(() => api.get('/me', options()), open)
}

async function attached(options: () => AxiosRequestConfig): Promise<number> {
  let open = () => {}
  const answered = new Promise<void>(resolve => {
    open = resolve
  })
  const api = axios.create({
    baseURL: 'https://api.example.com',
    adapter: async config => ({ data: '', status: 200, statusText: 'OK', headers: {}, config }) as never,
  })
  const session = createOAuth2Session({
    server: { token_endpoint: 'https://as.example.com/token' },
    client: { client_id: 'app' },
    grant: async () => {
      await answered
      return { access_token: 'fresh', expires_in: 3600 }
    },
  })
  await saveToken(session, { access_token: 'old', expires_in: -1 })
  attachOAuth2(api, session)
  return measure(() => api.get('/me', options()), open)
}

process.stdout.write(`memory of ${WAITERS} waiters, against as many bare axios requests\n`)
for (const { name, limit, options } of CASES) {
  await bare(options)
  await attached(options)
  const [base, ours] = [await bare(options), await attached(options)]
  const ratio = ours / base
  const bytes = `${base.toFixed(0)} B bare, ${ours.toFixed(0)} B waiting`
  process.stdout.write(`  ${name.padEnd(16)}${bytes}, ${ratio.toFixed(2)} x (limit ${limit})\n`)
  if (ratio > limit) process.exitCode = 1
}
