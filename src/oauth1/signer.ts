import type { Awaitable, OutgoingRequest } from '../auth/flow.js'
import { isSecure } from '../auth/origins.js'
import { OAuthError } from '../errors.js'
import { base64 } from '../lib/base64url.js'
import { digest } from '../lib/digest.js'
import { percentEncode } from '../lib/percent.js'
import { sha1 } from '../lib/sha1.js'
import { utf8 } from '../lib/utf8.js'
import { asForm, isForm, readable } from './body.js'
import { nonces } from './nonce.js'
import type { OAuth1SigningOptions, OAuth1Token, ProtocolParameters } from './options.js'
import { baseString, collect, entry } from './parameters.js'
import { hmacSha1 } from './signature-methods/hmac-sha1.js'

/** Signs requests under one set of options. */
export interface Signer {
  /** Seconds that the server's clock is ahead of ours. */
  offset: number
  /** Seconds since the epoch by our own clock. */
  clock(): number
  /** True when {@link Signer.sign} will not answer a promise for this request. */
  sync(request: OutgoingRequest): boolean
  /**
   * Writes the protocol parameters on a request, under a new nonce; nothing is written before the signature is there.
   * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a request that cannot be signed, `OAUTH_INSECURE_URL` for PLAINTEXT over
   * plain http, `OAUTH_CRYPTO_MISSING` where the platform cannot hash or sign.
   */
  sign(request: OutgoingRequest, token?: OAuth1Token, parameters?: ProtocolParameters): Awaitable<void>
}

const then = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function'
    ? (value as PromiseLike<T>).then(next)
    : next(value as T)

const fail = (message: string): never => {
  throw new OAuthError('OAUTH_SIGNATURE_FAILED', message)
}

/**
 * Makes a {@link Signer}.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for options that could sign nothing.
 */
export function createSigner(options: OAuth1SigningOptions): Signer {
  const {
    client,
    signatureMethod: method = hmacSha1(),
    placement = 'header',
    realm,
    bodyHash = 'never',
    crypto = globalThis.crypto as Crypto | undefined,
    allowInsecure,
  } = options
  const when = typeof bodyHash === 'string' ? bodyHash : bodyHash.when
  const algorithm = typeof bodyHash === 'string' ? 'SHA-1' : bodyHash.hash
  const hash = algorithm === 'SHA-1' ? sha1 : method.hash?.name === algorithm ? method.hash : undefined
  const invalid =
    (!client?.key && 'client.key is missing') ||
    ((!method.name || typeof method.sign !== 'function') &&
      'signatureMethod takes hmacSha1() and the like, or { name, sign }') ||
    (!['header', 'query', 'body'].includes(placement) && "placement is 'header', 'query' or 'body'") ||
    ((!['auto', 'always', 'never'].includes(when) || !/^SHA-(1|256)$/.test(algorithm)) && 'bodyHash is not known') ||
    (Object.keys(options.protocolParameters ?? {}).some(
      name => !/^oauth_(?!(nonce|timestamp|signature)$)/.test(name),
    ) &&
      'protocolParameters takes oauth_ names that signing does not set')
  if (invalid) throw new OAuthError('OAUTH_INVALID_OPTION', `${invalid}.`)

  const quote = placement === 'header' ? '"' : ''
  const separator = quote ? ', ' : '&'
  const piece = (name: string, value: string) =>
    `${percentEncode(name)}=${quote}${percentEncode(value)}${quote}${separator}`
  const nonce = options.nonce ?? nonces(crypto)

  // what stays the same from one request to the next
  const prepare = (token: OAuth1Token | undefined, parameters: ProtocolParameters | undefined) => {
    const entries: string[] = []
    const taken = new Set([
      'oauth_nonce',
      'oauth_timestamp',
      'oauth_signature',
      when === 'never' ? '' : 'oauth_body_hash',
    ])
    let text = ''
    const all: Record<string, string | undefined> = {
      oauth_version: options.version === false ? '' : '1.0',
      oauth_signature_method: method.name,
      oauth_consumer_key: client.key,
      oauth_token: token?.oauth_token,
      ...options.protocolParameters,
      ...parameters,
    }
    for (const name in all) {
      const value = all[name]
      if (!value) continue
      entries.push(entry(name, value))
      taken.add(name)
      text += piece(name, value)
    }
    const key = `${percentEncode(client.secret ?? '')}&${percentEncode(token?.oauth_token_secret ?? '')}`
    return { token, parameters, entries, taken, text, key }
  }
  let prepared = prepare(undefined, undefined)

  const hashBody = (data: unknown): Awaitable<string | undefined> => {
    const body = readable(data)
    if (body === undefined) {
      const blob = data as Partial<Blob>
      if (blob.arrayBuffer) return blob.arrayBuffer().then(hashBody)
      return when === 'always' ? fail('A stream or FormData has no body hash: set bodyHash to auto') : undefined
    }
    const bytes = typeof body === 'string' ? utf8(body) : body
    if (hash) return base64(digest(hash, bytes))
    if (!crypto?.subtle) throw new OAuthError('OAUTH_CRYPTO_MISSING', `No ${algorithm} here: pass crypto.`)
    return crypto.subtle
      .digest(algorithm, bytes as Uint8Array<ArrayBuffer>)
      .then(found => base64(new Uint8Array(found)))
  }

  const signer: Signer = {
    offset: 0,
    clock: options.clock ?? (() => Date.now() / 1000),
    sync: ({ data }) =>
      !!method.sync &&
      (when === 'never' || (!!hash && typeof (data as Partial<Blob> | undefined)?.arrayBuffer !== 'function')),
    sign(request, token, parameters) {
      const { url, data } = request
      const now = Math.floor(signer.clock() + signer.offset)
      if (!(now < 1e11)) throw new OAuthError('OAUTH_INVALID_OPTION', 'clock must answer seconds.')
      if (method.plain && !isSecure(new URL(url), allowInsecure))
        throw new OAuthError(
          'OAUTH_INSECURE_URL',
          'PLAINTEXT shows the secrets: use https, or name the origin in allowInsecure.',
        )
      if (prepared.token !== token || prepared.parameters !== parameters) prepared = prepare(token, parameters)
      const { entries, taken, text, key } = prepared
      const form = isForm(request.header('content-type'))
      const body = readable(data)
      if (placement === 'body' && (body === undefined || (body.length && !form)))
        fail("placement 'body' needs a form body: send one, or use another placement")
      const fields = form && body?.length ? asForm(body) : ''
      const once = nonce()
      const head = piece('oauth_nonce', once) + piece('oauth_timestamp', `${now}`) + text

      return then(when === 'never' || (form && when === 'auto') ? undefined : hashBody(data), hashed => {
        let base = ''
        if (!method.plain) {
          const all = [...entries, entry('oauth_nonce', once), `oauth_timestamp ${now}`]
          if (hashed) all.push(entry('oauth_body_hash', hashed))
          const mark = `${url}?`.indexOf('?')
          const host = request.header('host')
          let uri = url.slice(0, mark)
          if (host) uri = new URL(uri.replace(/\/\/[^/]*/, () => `//${host}`)).href
          collect(all, url.slice(mark + 1), taken, options.lenient)
          collect(all, fields, taken, options.lenient)
          base = baseString(request.method, uri, all)
        }
        return then(method.sign(base, key, crypto), signature => {
          const all = head + (hashed ? piece('oauth_body_hash', hashed) : '') + piece('oauth_signature', signature)
          const written = all.slice(0, -separator.length)
          // sent as a form, as axios would by default, it would be read as one
          if (form && body === undefined && !(data as Partial<FormData>).append)
            request.setHeader('content-type', (data as Partial<Blob>).type || 'application/octet-stream')
          if (quote)
            request.setHeader(
              'authorization',
              `OAuth ${realm === undefined ? '' : `realm="${realm.replace(/["\\]/g, '\\$&')}", `}${written}`,
            )
          else if (placement === 'query') request.url = `${url}${url.includes('?') ? '&' : '?'}${written}`
          else {
            if (!form) request.setHeader('content-type', 'application/x-www-form-urlencoded')
            request.setHeader('content-length', undefined)
            request.data = fields ? `${fields}&${written}` : written
          }
        })
      })
    },
  }
  return signer
}
