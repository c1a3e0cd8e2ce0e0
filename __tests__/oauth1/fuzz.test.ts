/**
 * Thousands of random requests, through every supported generation of axios, against a server that rebuilds
 * the signature from what arrived: the raw request line and the raw body.
 */
import { generateKeyPairSync } from 'node:crypto'
import { Agent } from 'node:http'
import axios from 'axios'
import axios021 from 'axios-0-21'
import axios027 from 'axios-0-27'
import axios030 from 'axios-0-30'
import axios12 from 'axios-1-2'
import axios17 from 'axios-1-7'
import * as fc from 'fast-check'
import { attachOAuth1 } from '../../src/axios/attach-oauth1'
import type { AxiosLike } from '../../src/axios/axios-like'
import { hmacSha1 } from '../../src/signature-methods/hmac-sha1'
import { hmacSha256 } from '../../src/signature-methods/hmac-sha256'
import { hmacSha512 } from '../../src/signature-methods/hmac-sha512'
import { plaintext } from '../../src/signature-methods/plaintext'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256'
import { listen, type RunningServer, readBody } from '../servers/http'
import { sized } from '../support/long'
import { fitting, options, request, serializers } from './requests'
import { type Verdict, verify } from './verifier'

// at least 5 000 in all in `npm run test:long`; FUZZ_RUNS for a longer hunt
const RUNS = Number(process.env.FUZZ_RUNS ?? sized(40, 700))

const keys = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const signatureMethods = {
  hmacSha1: hmacSha1(),
  hmacSha256: hmacSha256(),
  hmacSha512: hmacSha512(),
  rsaSha256: rsaSha256(pem),
  plaintext: plaintext(),
}
const client = { key: 'a key/with &=% things', secret: 'sécret & more' }
const token = { oauth_token: 'tök+en%20', oauth_token_secret: '~s e c r e t~' }
const secrets = { client: client.secret, token: token.oauth_token_secret, publicKey: keys.publicKey }

let server: RunningServer
const verdicts = new Map<string, Verdict>()
const seen = new Set<string>()
const agent = new Agent({ keepAlive: true })

beforeAll(async () => {
  server = await listen(async (request, response) => {
    const body = await readBody(request)
    verdicts.set(`${request.headers['x-run']}`, verify(request, body, secrets, seen))
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
  })
})
afterAll(async () => {
  agent.destroy()
  await server.stop()
})

interface Contender {
  label: string
  /** What this version does wrong, and what is asked of the signer on its account. */
  knownBug?: string
  axios: unknown
  adapter?: string
}
// a % in such a text begins no escape, which is refused unless `lenient`; it is signed as the form it says it
// is
const JSON_AS_FORM = 'an object under a form content type is sent as JSON text'

const contenders: Contender[] = [
  { label: 'axios 0.21.4, http', axios: axios021, knownBug: JSON_AS_FORM },
  { label: 'axios 0.27.2, http', axios: axios027, knownBug: JSON_AS_FORM },
  { label: 'axios 0.30.3, http', axios: axios030 },
  { label: 'axios 1.2.6, http', axios: axios12 },
  { label: 'axios 1.7.9, http', axios: axios17, adapter: 'http' },
  { label: 'axios 1.7.9, fetch', axios: axios17, adapter: 'fetch' },
  { label: 'the newest axios, http', axios, adapter: 'http' },
  { label: 'the newest axios, fetch', axios, adapter: 'fetch' },
]

let run = 0

test('the server of this test says no to a wrong secret, a wrong body and a used nonce', async () => {
  const instance = axios.create({ baseURL: server.url, adapter: 'http', httpAgent: agent })
  const wrong = {
    client,
    token: { ...token, oauth_token_secret: 'another' },
    nonce: () => 'once',
    clock: () => 1_700_000_000,
  }
  attachOAuth1(instance, wrong)
  await instance.get('/', { headers: { 'x-run': 'a' } })
  await instance.get('/', { headers: { 'x-run': 'b' } })
  expect(verdicts.get('a')?.faults).toEqual(['the signature is wrong'])
  expect(verdicts.get('b')?.faults).toEqual(['the signature is wrong', 'the nonce was used before'])
})

describe.each(contenders)('$label', ({ axios: library, adapter, knownBug }) => {
  const { create } = library as {
    create(config: object): AxiosLike & { request(config: object): Promise<{ status: number }> }
  }

  test(`${RUNS} random requests are signed as they are sent`, async () => {
    await fc.assert(
      fc.asyncProperty(request, options, async (asked, signing) => {
        const id = `${++run}`
        const { method, body, params, serializer } = asked
        const bodiless = adapter === 'fetch' && /get|head/.test(method)
        const data = bodiless ? undefined : body.data
        const origin = asked.upperCaseHost ? server.url.replace('127.0.0.1', 'LOCALHOST') : server.url
        const instance = create({
          baseURL: asked.absolute ? undefined : `${origin}/base/`,
          params: { fallback: 'é' },
          ...(adapter && { adapter }),
          httpAgent: agent,
        })
        const placement = fitting(signing.placement, method, body.kind, data)
        attachOAuth1(
          instance,
          {
            client,
            token,
            ...signing,
            lenient: signing.lenient || !!knownBug,
            signatureMethod: signatureMethods[signing.signatureMethod],
            placement,
          },
          { allowedOrigins: [server.url, server.url.replace('127.0.0.1', 'localhost')] },
        )
        const search = [asked.query, signing.lenient ? '%=%zz&%4=%%41%' : ''].filter(Boolean).join('&')
        const relative = `${asked.path}${search && `?${search}`}${asked.hash}`
        const type = 'type' in body ? body.type : undefined
        const { status } = await instance.request({
          method,
          url: asked.absolute ? origin + relative : relative,
          params,
          data,
          ...(serializer &&
            params &&
            !(params instanceof URLSearchParams) && { paramsSerializer: serializers(library) }),
          headers: { 'x-run': id, ...(type && data !== undefined && { 'content-type': type }) },
          timeout: 5000,
        })
        expect(status).toBe(200)
        const verdict = verdicts.get(id)
        verdicts.delete(id)
        expect(verdict?.faults).toEqual([])
        expect(verdict?.place).toBe(placement)
        expect(verdict?.realm).toBe(placement === 'header' ? signing.realm : undefined)
        expect('oauth_version' in (verdict?.protocol ?? {})).toBe(signing.version)
        expect(verdict?.protocol.oauth_token).toBe(token.oauth_token)
      }),
      { numRuns: RUNS },
    )
  }, 400_000)
})
