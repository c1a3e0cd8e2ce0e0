/**
 * One answer must not make every later request fail: what is learnt of the server's clock is bounded, and
 * given up.
 */
import axios from 'axios'
import { attachOAuth1 } from '../../src/axios/attach-oauth1'
import { client, token, verifyingServer } from './server'

const real = 1_700_000_000
const date = (seconds: number) => new Date(seconds * 1000).toUTCString()

let server: Awaited<ReturnType<typeof verifyingServer>>
let other: Awaited<ReturnType<typeof verifyingServer>>
beforeAll(async () => {
  server = await verifyingServer()
  other = await verifyingServer()
})
afterAll(() => Promise.all([server.stop(), other.stop()]))
beforeEach(() => {
  for (const each of [server, other]) {
    each.arrivals.length = 0
    each.answer = undefined
  }
})

function api(clock = () => real) {
  const instance = axios.create({ validateStatus: () => true })
  attachOAuth1(instance, { client, token, clock }, { allowedOrigins: [server.url, other.url] })
  return (origin = server.url) => instance.get(`${origin}/`)
}
const times = () => server.arrivals.map(({ protocol }) => Number(protocol.oauth_timestamp))
const refuse = (headers: Record<string, string>) => {
  server.answer = (_, response, count) => {
    if (count === 1) response.writeHead(401, headers).end()
  }
}

test.each([
  ['in milliseconds', `${real * 1000}-${real * 1000 + 600}`],
  ['too large for any clock', `${'9'.repeat(40)}-${'9'.repeat(41)}`],
  ['long ago', '5-10'],
])('absurd acceptable timestamps (%s) are not believed', async (_, range) => {
  refuse({
    date: date(real + 500),
    'www-authenticate': `OAuth oauth_problem="timestamp_refused", oauth_acceptable_timestamps="${range}"`,
  })
  const get = api()
  expect((await get()).status).toBe(200)
  await get()
  expect(times()).toEqual([real, real + 500, real + 500])
})

test('the Date of a cached answer counts together with its Age; one from another day does not count', async () => {
  refuse({ date: date(real), age: '7200' })
  expect((await api()()).status).toBe(200)
  expect(times()).toEqual([real, real + 7200])

  server.arrivals.length = 0
  refuse({ date: date(real - 3 * 86_400) })
  expect((await api()()).status).toBe(401)
  expect(times()).toEqual([real])
})

test('a correction that does not help is given up, and not tried for every refusal', async () => {
  server.answer = (_, response) => void response.writeHead(401, { date: date(real + 4000) }).end()
  const get = api()
  await get()
  await get()
  await get()
  expect(times()).toEqual([real, real + 4000, real, real])
})

test('every origin has a clock of its own', async () => {
  refuse({ date: date(real + 1000), 'www-authenticate': 'OAuth oauth_problem=timestamp_refused' })
  const get = api()
  await get()
  await get(other.url)
  await get()
  expect(times()).toEqual([real, real + 1000, real + 1000])
  expect(other.arrivals.map(({ protocol }) => Number(protocol.oauth_timestamp))).toEqual([real])
})
