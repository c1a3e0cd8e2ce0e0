/**
 * What chromium.test.ts runs in a page: random requests to the page's own origin, whose server answers what
 * it thinks of them.
 */
import axios from 'axios'
import axios17 from 'axios-1-7'
import * as fc from 'fast-check'
import { attachOAuth1 } from '../../src/axios/attach-oauth1.js'
import type { AxiosLike } from '../../src/axios/axios-like.js'
import { hmacSha1 } from '../../src/signature-methods/hmac-sha1.js'
import { hmacSha256 } from '../../src/signature-methods/hmac-sha256.js'
import { hmacSha512 } from '../../src/signature-methods/hmac-sha512.js'
import { plaintext } from '../../src/signature-methods/plaintext.js'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256.js'
import { fitting, options, request, serializers } from './requests.js'

const libraries = { newest: axios, '1.7.9': axios17 } as Record<string, unknown>

async function fuzz(
  library: string,
  adapter: string,
  seed: number,
  runs: number,
  secrets: Secrets,
): Promise<unknown> {
  const { create } = libraries[library] as {
    create(
      config: object,
    ): AxiosLike & { request(config: object): Promise<{ data: { faults: string[]; place: string } }> }
  }
  const signatureMethods = {
    hmacSha1: hmacSha1(),
    hmacSha256: hmacSha256(),
    hmacSha512: hmacSha512(),
    rsaSha256: rsaSha256(secrets.pem),
    plaintext: plaintext(),
  }
  let signed = 0
  for (const [asked, signing] of fc.sample(fc.tuple(request, options), { seed, numRuns: runs })) {
    const { body, params, serializer } = asked
    // a browser has no OPTIONS of its own to send, and its GET and HEAD have no body; HEAD has no answer to
    // read
    const method = /options|head/.test(asked.method) ? 'get' : asked.method
    const data = method === 'get' ? undefined : body.data
    const instance = create({
      baseURL: asked.absolute ? undefined : `${location.origin}/base/`,
      params: { fallback: 'é' },
      adapter,
    })
    const placement = fitting(signing.placement, method, body.kind, data)
    const { client, token } = secrets
    attachOAuth1(
      instance,
      { client, token, ...signing, placement, signatureMethod: signatureMethods[signing.signatureMethod] },
      { allowedOrigins: location.origin },
    )
    const relative = `${asked.path}${asked.query && `?${asked.query}`}${asked.hash}`
    const type = 'type' in body ? body.type : undefined
    const answer = await instance.request({
      method,
      url: asked.absolute ? location.origin + relative : relative,
      params,
      data,
      ...(serializer &&
        params &&
        !(params instanceof URLSearchParams) && { paramsSerializer: serializers(libraries[library]) }),
      headers: type && data !== undefined ? { 'content-type': type } : {},
    })
    const { faults, place } = answer.data
    if (faults.length || place !== placement) return { faults, place, asked, signing }
    signed++
  }
  return signed
}

interface Secrets {
  client: { key: string; secret: string }
  token: { oauth_token: string; oauth_token_secret: string }
  pem: string
}

Object.assign(globalThis, {
  fuzz: (...args: Parameters<typeof fuzz>) =>
    fuzz(...args).then(JSON.stringify, error => `${error} ${error?.cause} ${error?.stack}`),
})
