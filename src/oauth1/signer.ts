import type { Awaitable, OutgoingRequest } from '../auth/scheme.js'
import { ascii, digest } from '../crypto/digest.js'
import { sha1 } from '../crypto/sha1.js'
import { OAuthError } from '../errors.js'
import { base64 } from '../lib/base64url.js'
import { percentEncode } from '../lib/percent.js'
import { hmacSha1 } from '../signature-methods/hmac-sha1.js'
import { baseStrings, entry, failure, toText, twice } from './base-string.js'
import { asForm, isForm, readable } from './body.js'
import { nonces } from './nonce.js'
import type { OAuth1SigningOptions, OAuth1Token, ProtocolParameters } from './options.js'

/** Signs requests under one set of options. */
export interface Signer {
  /** Where plain http is allowed: anywhere, but for a signature that is the secret itself. */
  readonly allowInsecure: true | string[] | undefined
  /** Seconds that the server's clock is ahead of ours. */
  offset: number
  /** Seconds since the epoch by our own clock. */
  clock(): number
  /** True when {@link Signer.sign} will not answer a promise for this request. */
  sync(request: OutgoingRequest): boolean
  /**
   * Writes the protocol parameters on a request, under a new nonce; nothing is written before the signature is there.
   * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a request that cannot be signed, `OAUTH_CRYPTO_MISSING` where the platform
   * cannot hash or sign.
   */
  sign(request: OutgoingRequest, token?: OAuth1Token, parameters?: ProtocolParameters): Awaitable<void>
}

const then = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function'
    ? (value as PromiseLike<T>).then(next)
    : next(value as T)

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
    protocolParameters,
    crypto = globalThis.crypto as Crypto | undefined,
    lenient,
  } = options
  const { when, hash: algorithm } = typeof bodyHash === 'string' ? { when: bodyHash, hash: 'SHA-1' as const } : bodyHash
  const hash = [sha1, method.hash].find(known => known?.name === algorithm)
  // a body that holds the protocol parameters cannot hold its own hash
  const hashes = placement === 'body' ? 'never' : when
  const invalid = !client?.key
    ? 'client.key'
    : typeof method.sign !== 'function' || !method.name
      ? 'signatureMethod'
      : !/^(header|query|body)$/.test(placement)
        ? 'placement'
        : !/^(auto|always|never)SHA-(1|256)$/.test(when + algorithm)
          ? 'bodyHash'
          : Object.keys(protocolParameters ?? {}).find(
              name => !/^oauth_(?!(nonce|timestamp|signature)$)\w+$/.test(name),
            )
  if (invalid) throw new OAuthError('OAUTH_INVALID_OPTION', `${invalid} is missing or not possible.`)

  const [quote, separator] = placement === 'header' ? ['"', ', '] : ['', '&']
  const piece = (name: string, value: string) => `${name}=${quote}${percentEncode(value)}${quote}${separator}`
  const intro = realm === undefined ? 'OAuth ' : `OAuth realm="${realm.replace(/["\\]/g, '\\$&')}", `
  const nonce = options.nonce ?? nonces(crypto)
  const build = baseStrings(lenient)
  // of the last request: many go to the same place
  let knownVerb: string | undefined
  let knownUri: string | undefined
  let head: Uint8Array

  // what stays the same from one request to the next
  const prepare = (token: OAuth1Token | undefined, parameters: ProtocolParameters | undefined) => {
    const all: Record<string, string | undefined> = {
      oauth_version: options.version === false ? '' : '1.0',
      oauth_signature_method: method.name,
      oauth_consumer_key: client.key,
      oauth_token: token?.oauth_token,
      ...protocolParameters,
      ...parameters,
    }
    const names = Object.keys(all).filter(name => all[name])
    const full = [...names, 'oauth_nonce', 'oauth_timestamp']
    return {
      token,
      parameters,
      taken: new Set([...full, 'oauth_signature', ...(hashes === 'never' ? [] : ['oauth_body_hash'])]),
      // the entries in their order, in pieces: the nonce and the time, in this order, go between them
      block: full
        .sort()
        .map(name => entry(name, all[name] ?? '') + (all[name] ? '' : ' '))
        .join('%26')
        .split(' ')
        .map(ascii) as [Uint8Array, Uint8Array, Uint8Array],
      text: names.map(name => piece(name, all[name] as string)).join(''),
      key: `${percentEncode(client.secret ?? '')}&${percentEncode(token?.oauth_token_secret ?? '')}`,
    }
  }
  let prepared = prepare(undefined, undefined)

  const hashBody = (data: unknown): Awaitable<string> => {
    const body = readable(data)
    if (body === undefined) {
      const blob = data as Partial<Blob>
      if (blob.arrayBuffer) return blob.arrayBuffer().then(hashBody)
      if (hashes === 'always') throw failure('A stream or FormData has no body hash: set bodyHash to auto.')
      return ''
    }
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    if (hash) return base64(digest(hash, bytes))
    if (!crypto?.subtle) throw new OAuthError('OAUTH_CRYPTO_MISSING', `No ${algorithm} here: pass crypto.`)
    return crypto.subtle
      .digest(algorithm, bytes as Uint8Array<ArrayBuffer>)
      .then(found => base64(new Uint8Array(found)))
  }

  const signer: Signer = {
    allowInsecure: method.plain ? options.allowInsecure : true,
    offset: 0,
    clock: options.clock ?? (() => Date.now() / 1000),
    sync: ({ data }) =>
      !!method.sync && (hashes === 'never' || (!!hash && !(data as Partial<Blob> | undefined)?.arrayBuffer)),
    sign(request, token, parameters) {
      const { url, data, method: verb } = request
      const now = Math.floor(signer.clock() + signer.offset)
      if (!(now < 1e11)) throw new OAuthError('OAUTH_INVALID_OPTION', 'clock must answer seconds.')
      if (prepared.token !== token || prepared.parameters !== parameters) prepared = prepare(token, parameters)
      const { taken, block, text, key } = prepared
      const body = readable(data)
      const typed = data !== undefined && isForm(request.header('content-type'))
      const form = typed && body !== undefined
      const fields = form ? asForm(body) : ''
      if (placement === 'body' && body?.length !== 0 && !fields)
        throw failure("placement 'body' needs a form body: send one, or use another placement.")
      const once = percentEncode(nonce())

      return then(hashes === 'never' || (form && hashes === 'auto') ? '' : hashBody(data), hashed => {
        let base: Uint8Array | undefined
        if (!method.plain) {
          const mark = url.indexOf('?')
          let uri = mark < 0 ? url : url.slice(0, mark)
          const host = request.header('host')
          if (host) uri = new URL(uri.replace(/\/\/[^/]*/, () => `//${host}`)).href
          if (uri !== knownUri || verb !== knownVerb) head = ascii(`${percentEncode(verb)}&${percentEncode(uri)}&`)
          knownUri = uri
          knownVerb = verb
          const own = [block[0], twice(once), block[1], `${now}`, block[2]]
          if (hashed) own.push('%26', entry('oauth_body_hash', hashed))
          base = build(head, {
            wires: [mark < 0 ? '' : url.slice(mark + 1), fields],
            own,
            loose: !!hashed,
            taken,
          })
        }
        const made =
          base && method.signBytes
            ? method.signBytes(base, key, crypto)
            : method.sign(base ? toText(base) : '', key, crypto)
        return then(made, signature => {
          const written = `oauth_nonce=${quote}${once}${quote}${separator}oauth_timestamp=${quote}${now}${quote}${separator}${text}${
            hashed && piece('oauth_body_hash', hashed)
          }oauth_signature=${quote}${percentEncode(signature)}${quote}`
          // a stream sent under the content type of a form, axios's default, would be read as one
          if (typed && !form && !(data as Partial<FormData>).append)
            request.setHeader('content-type', (data as Partial<Blob>).type || 'application/octet-stream')
          if (quote) request.setHeader('authorization', intro + written)
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
