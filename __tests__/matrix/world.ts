import type * as package_ from 'axios-oauth-interceptor'
import type { Arrival } from './server.js'

/** Where the cases run, and with what. */
export interface Cell {
  // biome-ignore lint/suspicious/noExplicitAny: any version of axios, each with types of its own
  axios: any
  oauth: typeof package_
  base: string
  stranger: string
  /** The version of axios, such as `1.7.9`. */
  version: string
  adapter: 'http' | 'fetch' | 'xhr'
  runtime: string
  /** Missing in Node 18 scripts as a global. */
  crypto?: Crypto
}

/** A case, and why it is left out of a cell. */
export interface Case {
  name: string
  /** Answers a reason where axios itself or the runtime cannot do it. */
  lacks?: (cell: Cell) => string | undefined | false
  run(world: World): Promise<void>
}

/** The result of one case in one cell. */
export interface Result {
  name: string
  outcome: 'passed' | 'failed' | 'left out'
  /** The reason, where it did not pass. */
  why?: string
}

/** What a case works with: a session, an instance, and the servers' log. */
export interface World extends Cell {
  id: string
  /** The base URL of the API, of the part without credentials, and of the stranger. */
  api: string
  free: string
  strange: string
  session: package_.OAuth2Session
  // biome-ignore lint/suspicious/noExplicitAny: an instance of any version
  create(options?: object): any
  // biome-ignore lint/suspicious/noExplicitAny: an instance of any version
  attached(options?: object, attachOptions?: package_.AttachOptions): any
  control(verb: 'expire' | 'break' | 'log'): Promise<{ arrivals: Arrival[]; made: number }>
}

/** True from that version on: `since(cell, 1, 7)`. */
export function since({ version }: Cell, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

/** True on the 0.x line from that minor version on, and on every 1.x. */
export const since0 = (cell: Cell, minor: number): boolean => since(cell, 0, minor)

export const inBrowser = ({ runtime }: Cell): boolean => /chromium|firefox|webkit/i.test(runtime)

/** Fails with a sentence that shows both values. */
export function same(found: unknown, right: unknown, what = 'the value'): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(right)]
  if (a !== b) throw new Error(`${what} is ${a}, and should be ${b}`)
}

/** The error of a promise that must be rejected. */
// biome-ignore lint/suspicious/noExplicitAny: an error of any version of axios
export async function rejected(promise: Promise<unknown>): Promise<any> {
  const value = await promise.catch(error => ({ error }))
  if (!Object(value).error)
    throw new Error(`the request was not rejected: ${JSON.stringify(Object(value).status)}`)
  return (value as { error: unknown }).error
}

let worlds = 0

/** Makes the world of one case. */
export function makeWorld(cell: Cell): World {
  const id = `${cell.version}-${cell.adapter}-${cell.runtime}-${++worlds}`.replace(/[^\w.-]/g, '')
  const { base, stranger, oauth, axios } = cell
  const api = `${base}/w/${id}/api`
  const session = oauth.createOAuth2Session({
    server: { token_endpoint: `${base}/w/${id}/token` },
    client: { client_id: 'app', client_secret: 'client-secret' },
    grant: oauth.clientCredentialsGrant(),
    ...(cell.crypto && { crypto: cell.crypto }),
  })
  const isDefault = cell.adapter === (inBrowser(cell) ? 'xhr' : 'http')
  const create = (options: object = {}) =>
    axios.create({ baseURL: api, timeout: 10_000, ...(!isDefault && { adapter: cell.adapter }), ...options })
  return {
    ...cell,
    id,
    api,
    free: `${base}/w/${id}/free`,
    strange: `${stranger}/w/${id}/free`,
    session,
    create,
    attached(options, attachOptions) {
      const instance = create(options)
      oauth.attachOAuth2(instance, session, attachOptions)
      return instance
    },
    async control(verb) {
      const { data } = await create({ baseURL: base }).get(`/w/${id}/control/${verb}`)
      return typeof data === 'string' ? JSON.parse(data) : data
    },
  }
}

async function inTime(promise: Promise<void>, seconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${seconds} s`)), seconds * 1000)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function runCase(cell: Cell, { name, lacks, run }: Case): Promise<Result> {
  const reason = lacks?.(cell)
  if (reason) return { name, outcome: 'left out', why: reason }
  try {
    await inTime(run(makeWorld(cell)), 20)
    return { name, outcome: 'passed' }
  } catch (error) {
    return { name, outcome: 'failed', why: `${(error as Error)?.message ?? error}`.slice(0, 900) }
  }
}

/** Runs all cases in one cell, a few at a time. */
export async function runCell(cell: Cell, cases: readonly Case[]): Promise<Result[]> {
  const results: Result[] = []
  const waiting = [...cases.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results[next[0]] = await runCase(cell, next[1])
  }
  await Promise.all(Array.from({ length: 6 }, work))
  return results
}
