/**
 * What a request holds while it waits for a renewal: heap for each of 10 000 waiters, against as many bare
 * axios requests whose adapter has not answered yet.
 */
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from '../src/index.js'

const WAITERS = 10_000
const LIMIT = 1.4

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

async function bare(): Promise<number> {
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
  return measure(() => api.get('/me'), open)
}

async function attached(): Promise<number> {
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
  return measure(() => api.get('/me'), open)
}

await bare()
await attached()
const [base, ours] = [await bare(), await attached()]
const ratio = ours / base
process.stdout.write(`memory of ${WAITERS} waiters, against as many bare axios requests (limit ${LIMIT})\n`)
process.stdout.write(
  `  bare       ${base.toFixed(0)} B each\n  waiting    ${ours.toFixed(0)} B each, ${ratio.toFixed(2)} x\n`,
)
if (ratio > LIMIT) process.exitCode = 1
