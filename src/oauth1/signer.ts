import type { Awaitable, OutgoingRequest } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import { systemClock } from '../lib/clock.js'
import { percentEncode } from '../lib/percent.js'
import { hmacSha1 } from '../signature-methods/hmac-sha1.js'
import { baseString, type EncodedParameter, encodeParameter, wireParameters } from './base-string.js'
import { type RequestBody, readBody } from './body.js'
import { bodyHasher } from './body-hash.js'
import { nonces } from './nonce.js'
import {
  checkSigningOptions,
  type OAuth1SigningOptions,
  type OAuth1Token,
  type ProtocolParameters,
} from './options.js'
import { realmParameter, withoutParameters, writeParameters } from './placement.js'

/** What one signature is made with, beside the options. */
export interface SigningInput {
  readonly token?: OAuth1Token | undefined
  readonly parameters?: ProtocolParameters | undefined
  /** Seconds that the server's clock is ahead of ours. */
  readonly offset?: number
}

/** Signs requests under one set of options. */
export interface Signer {
  /** Where plain http is allowed: anywhere, but for a signature that is the secret itself. */
  readonly allowInsecure: true | string[] | undefined
  /** Seconds since the epoch by our own clock. */
  clock(): number
  /** True when {@link Signer.sign} will not answer a promise for this request. */
  sync(request: OutgoingRequest): boolean
  /**
   * Writes the protocol parameters on a request, under a new nonce; nothing is written before the signature
   * is there.
   * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a request that cannot be signed, `OAUTH_CRYPTO_MISSING`
   * where the platform cannot hash or sign.
   */
  sign(request: OutgoingRequest, input?: SigningInput): Awaitable<void>
}

/** Goes on at once where there is nothing to wait for. */
const then = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function'
    ? (value as PromiseLike<T>).then(next)
    : next(value as T)

/**
 * The parameters that every signature has, in the order in which they are written; those without a value are
 * left out.
 */
function protocolParameters(
  options: OAuth1SigningOptions,
  { token, parameters }: SigningInput,
  own: { oauth_nonce: string; oauth_timestamp: string; oauth_signature_method: string },
): EncodedParameter[] {
  const { oauth_signature_method, ...fresh } = own
  const all: Record<string, string | undefined> = {
    ...fresh,
    oauth_version: options.version === false ? undefined : '1.0',
    oauth_signature_method,
    oauth_consumer_key: options.client.key,
    oauth_token: token?.oauth_token,
    ...options.protocolParameters,
    ...parameters,
  }
  const encoded: EncodedParameter[] = []
  for (const name in all) if (all[name]) encoded.push([name, percentEncode(all[name])])
  if (token?.oauth_token === '') encoded.push(['oauth_token', ''])
  return encoded
}

/** The names that a request must leave to its signature. */
const namesOf = (own: readonly EncodedParameter[]): string[] => [
  ...own.map(([name]) => name),
  'oauth_signature',
]

/**
 * Refuses parameters of the request that have the name of one that signing writes: a server could not tell
 * them apart.
 */
function insistOnOwnNames(parameters: readonly EncodedParameter[], own: readonly EncodedParameter[]): void {
  for (const [name] of parameters)
    if (name.startsWith('oauth_') && namesOf(own).includes(name))
      throw oauthError('OAUTH_SIGNATURE_FAILED', 'ownName', { name })
}

/** The base string URI of a URL that the seam has normalised; a `Host` header overrides its authority. */
function uriOf(url: string, host: string | undefined): string {
  const mark = url.indexOf('?')
  const uri = mark < 0 ? url : url.slice(0, mark)
  return host ? new URL(uri.replace(/\/\/[^/]*/, () => `//${host}`)).href : uri
}

const queryOf = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

/** What a base string is made of, beside the method. */
interface SignedMessage {
  readonly url: string
  readonly form: string
  /** The protocol parameters. */
  readonly own: readonly EncodedParameter[]
}

/** @throws OAuthError `OAUTH_SIGNATURE_FAILED` for parameters of the request that cannot be signed */
function baseStringOf(
  request: OutgoingRequest,
  { url, form, own }: SignedMessage,
  lenient?: boolean,
): string {
  const others = [...wireParameters(queryOf(url), lenient), ...wireParameters(form, lenient)]
  insistOnOwnNames(others, own)
  return baseString(request.method, uriOf(url, request.header('host')), [...others, ...own])
}

/** A stream under the content type of a form would be read as one. */
function correctContentType(request: OutgoingRequest, { isMistyped }: RequestBody): void {
  if (isMistyped)
    request.setHeader('content-type', (request.data as Partial<Blob>).type || 'application/octet-stream')
}

/**
 * Makes a {@link Signer}.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for options that could sign nothing.
 */
export function createSigner(options: OAuth1SigningOptions): Signer {
  checkSigningOptions(options)
  const { signatureMethod: method = hmacSha1(), placement = 'header', realm, lenient, client } = options
  const { crypto = globalThis.crypto as Crypto | undefined, clock = systemClock } = options
  // A body that holds the protocol parameters cannot hold its own hash.
  const hasher = bodyHasher(
    placement === 'body' ? 'never' : (options.bodyHash ?? 'never'),
    method.hash,
    crypto,
  )
  const nonce = options.nonce ?? nonces(crypto)
  if (realm !== undefined) realmParameter(realm)

  const timestamp = (offset: number): string => {
    const now = Math.floor(clock() + offset)
    if (!(now < 1e11)) throw oauthError('OAUTH_INVALID_OPTION', 'clock')
    return `${now}`
  }

  const signatureOf = (request: OutgoingRequest, message: SignedMessage, key: string) =>
    method.sign(method.plain ? '' : baseStringOf(request, message, lenient), key, crypto)

  return {
    allowInsecure: method.plain ? options.allowInsecure : true,
    clock,
    sync: ({ data }) => !!method.sync && hasher.isSync(data),
    sign(request, input = {}) {
      const { data } = request
      const body = readBody(data, request.header('content-type'))
      const { form } = body
      if (placement === 'body' && !body.isEmpty && !form)
        throw oauthError('OAUTH_SIGNATURE_FAILED', 'formBody')
      const own = protocolParameters(options, input, {
        oauth_nonce: nonce(),
        oauth_timestamp: timestamp(input.offset ?? 0),
        oauth_signature_method: method.name,
      })
      const key = [client.secret, input.token?.oauth_token_secret]
        .map(secret => percentEncode(secret ?? ''))
        .join('&')
      const unhashed = hasher.when === 'never' || (hasher.when === 'auto' && body.isForm)

      return then(unhashed ? '' : hasher.hash(data), hash => {
        if (hash) own.push(encodeParameter('oauth_body_hash', hash))
        const url = placement === 'query' ? withoutParameters(request.url, namesOf(own)) : request.url
        return then(signatureOf(request, { url, form, own }, key), signature => {
          correctContentType(request, body)
          const signed = [...own, encodeParameter('oauth_signature', signature)]
          writeParameters(request, signed, { placement, realm, url, form })
        })
      })
    },
  }
}
