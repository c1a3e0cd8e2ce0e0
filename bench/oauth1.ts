/**
 * What signing costs in CPU time: an `Authorization` header for a GET with 6 parameters and for a POST of a
 * 10-field form, beside the signers that axios users have today, and the bare key operation on a ready base
 * string as the floor. The contenders take turns in shuffled chunks within one process; the figures are
 * medians over the rounds.
 */
import { createHmac, createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto'
import axios from 'axios'
import axiosOAuth from 'axios-oauth-1.0a'
import { OAuth as NodeOAuth } from 'oauth'
import OAuth10a from 'oauth-1.0a'
import type { OutgoingRequest } from '../src/auth/scheme.js'
import { oauth1Scheme } from '../src/oauth1/scheme.js'
import { signatureBaseString } from '../src/oauth1/sign-request.js'
import { hmacSha1 } from '../src/signature-methods/hmac-sha1.js'
import { rsaSha1 } from '../src/signature-methods/rsa-sha1.js'

const client = { key: 'dpf43f3p2l4k3l03', secret: 'kd94hf93k423kf44' }
const token = { oauth_token: 'nnch734d00sl2jdk', oauth_token_secret: 'pfkkdhi9sl3r4s00' }
const params = {
  file: 'vacation.jpg',
  size: 'original',
  page: '2',
  per_page: '50',
  sort: 'date taken',
  tags: 'sea,sun',
}
const form = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [
    `field_${i}`,
    i % 3 ? `value${i}` : `a longer value, no. ${i} & more`,
  ]),
)
const query = new URLSearchParams(params).toString()
const body = new URLSearchParams(form).toString()
const url = 'https://photos.example.net/photos'
const contentType = 'application/x-www-form-urlencoded'

type Contenders = Record<string, (i: number) => unknown>

/** A request as the seam hands it to a scheme. */
function outgoing(method: string, target: string, data?: string) {
  const headers: Record<string, string | undefined> =
    data === undefined ? {} : { 'content-type': contentType }
  const request: OutgoingRequest = {
    method,
    url: target,
    data,
    header: name => headers[name],
    setHeader(name, value) {
      headers[name] = value
    },
    signal: undefined,
  }
  return { request, headers }
}

const fixed = { clock: () => 1191242096, nonce: () => 'kllo9940pd9333jh' }
const key = `${client.secret}&${token.oauth_token_secret}`
const hash = (base: string, secret: string) => createHmac('sha1', secret).update(base).digest('base64')

const other = new OAuth10a({ consumer: client, signature_method: 'HMAC-SHA1', hash_function: hash })
const otherToken = { key: token.oauth_token, secret: token.oauth_token_secret }
const nodeOauth = new NodeOAuth('', '', client.key, client.secret, '1.0A', null, 'HMAC-SHA1') as unknown as {
  _prepareParameters(
    token: string,
    secret: string,
    method: string,
    url: string,
    extra: object,
  ): [string, string][]
  _buildAuthorizationHeaders(parameters: [string, string][]): string
}
const instance = axios.create()
axiosOAuth(instance, {
  algorithm: 'HMAC-SHA1',
  key: client.key,
  secret: client.secret,
  token: token.oauth_token,
  tokenSecret: token.oauth_token_secret,
  includeBodyHash: false,
})
const interceptor = (
  instance.interceptors.request as unknown as {
    handlers: { fulfilled: (config: object) => { headers: object } }[]
  }
).handlers[0]?.fulfilled

function baseOf(method: string, data: [string, string][]): string {
  const protocol: [string, string][] = [
    ['oauth_version', '1.0'],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_consumer_key', client.key],
    ['oauth_token', token.oauth_token],
    ['oauth_nonce', fixed.nonce()],
    ['oauth_timestamp', String(fixed.clock())],
  ]
  return signatureBaseString(method, url, [...data, ...protocol])
}

function contenders(method: 'GET' | 'POST'): Contenders {
  const post = method === 'POST'
  const scheme = oauth1Scheme({ client, token, signatureMethod: hmacSha1() })
  const target = post ? url : `${url}?${query}`
  const base = baseOf(method, Object.entries(post ? form : params))
  return {
    'bare createHmac': () => hash(base, key),
    ours() {
      const { request, headers } = outgoing(method, target, post ? body : undefined)
      scheme.open?.(request)
      return headers.authorization
    },
    'oauth-1.0a': () =>
      other.toHeader(other.authorize({ url: target, method, data: post ? form : undefined }, otherToken)),
    // an `Authorization` header, as the interceptor writes it; a plain content-type key, the only one it
    // reads
    'axios-oauth-1.0a': () =>
      interceptor?.({
        method,
        url,
        params: post ? undefined : params,
        data: post ? body : undefined,
        headers: { 'content-type': contentType, set() {} },
      }),
    oauth: () =>
      nodeOauth._buildAuthorizationHeaders(
        nodeOauth._prepareParameters(
          token.oauth_token,
          token.oauth_token_secret,
          method,
          target,
          post ? form : {},
        ),
      ),
  }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number

function shuffle<T>(list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const [a, b] = [list[i] as T, list[j] as T]
    list[i] = b
    list[j] = a
  }
  return list
}

/** CPU microseconds of one call, per contender: one value for each round. */
async function measure(all: Contenders, rounds: number, chunk: number): Promise<Record<string, number[]>> {
  const names = Object.keys(all)
  const found = Object.fromEntries(names.map(name => [name, [] as number[]]))
  for (let round = -5; round < rounds; round++)
    for (const name of shuffle([...names])) {
      const run = all[name] as (i: number) => unknown
      const before = process.cpuUsage()
      for (let i = 0; i < chunk; i++) {
        const result = run(i)
        if (result instanceof Promise) await result
      }
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) found[name]?.push((user + system) / chunk)
    }
  return found
}

let failed = false

function report(
  title: string,
  found: Record<string, number[]>,
  reference: string,
  marks: Record<string, number>,
): void {
  console.log(`\n${title}`)
  const ours = found.ours as number[]
  for (const [name, values] of Object.entries(found)) {
    const ratio = median(values.map((value, i) => value / (ours[i] as number)))
    const share = median(values.map((value, i) => (found[reference]?.[i] as number) / value))
    const mark = marks[name]
    if (mark !== undefined && ratio < mark) failed = true
    console.log(
      `  ${name.padEnd(18)} ${median(values).toFixed(2).padStart(8)} µs ${`${(share * 100).toFixed(1)} %`.padStart(8)} of ${reference}` +
        `   ours is ${ratio.toFixed(2)} x as fast${mark === undefined ? '' : `   mark: ${mark} x ${ratio < mark ? 'MISSED' : 'met'}`}`,
    )
  }
}

/** Ours and oauth-1.0a must sign alike, or the comparison would be one of different things. */
function agree(method: 'GET' | 'POST'): void {
  const post = method === 'POST'
  const { request, headers } = outgoing(
    method,
    post ? url : `${url}?${query.replace(/\+/g, '%20')}`,
    post ? body : undefined,
  )
  oauth1Scheme({ client, token, ...fixed }).open?.(request)
  const signature = /oauth_signature="([^"]+)"/.exec(headers.authorization ?? '')?.[1]
  const expected = hash(baseOf(method, Object.entries(post ? form : params)), key)
  if (decodeURIComponent(signature ?? '') !== expected) throw new Error(`ours signs a ${method} wrongly`)
}

agree('GET')
agree('POST')
report('HMAC-SHA1, GET with 6 parameters', await measure(contenders('GET'), 60, 1000), 'bare createHmac', {
  'oauth-1.0a': 2,
})
report(
  'HMAC-SHA1, POST of a form with 10 fields',
  await measure(contenders('POST'), 60, 1000),
  'bare createHmac',
  {
    'oauth-1.0a': 2,
  },
)

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const rsa = oauth1Scheme({ client, token, signatureMethod: rsaSha1(pem) })
const imported = await webcrypto.subtle.importKey(
  'pkcs8',
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }),
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
  false,
  ['sign'],
)
const base = new TextEncoder().encode(baseOf('GET', Object.entries(params)))
const rsaTimes = await measure(
  {
    'bare key operation': () => webcrypto.subtle.sign('RSASSA-PKCS1-v1_5', imported, base),
    async ours() {
      const { request } = outgoing('GET', `${url}?${query}`)
      await rsa.flow(request).next()
    },
  },
  80,
  20,
)
report('RSA-SHA1, GET with 6 parameters', rsaTimes, 'bare key operation', { 'bare key operation': 0.95 })
if (failed) process.exitCode = 1
