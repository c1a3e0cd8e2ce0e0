import { type Awaitable, isPromise, type OutgoingRequest } from '../auth/scheme.js'
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

/** The input of one signature, in addition to the options. */
export interface SigningInput {
  readonly token?: OAuth1Token | undefined
  readonly parameters?: ProtocolParameters | undefined
  /** The lead of the server's clock in seconds. */
  readonly offset?: number
}

/** Signs requests under one set of options. */
export interface Signer {
  /** Origins that may be plain http: all, unless the signature is the secret itself. */
  readonly allowInsecure: true | string[] | undefined
  /** Seconds since the epoch by the local clock. */
  clock(): number
  /** True if {@link Signer.sign} does not return a promise for this request. */
  sync(request: OutgoingRequest): boolean
  /**
   * Writes the protocol parameters to a request, with a new nonce; it writes nothing before the signature is
   * ready.
   * @throws OAuthError `OAUTH_SIGNATURE_FAILED` for a request that cannot be signed, `OAUTH_CRYPTO_MISSING`
   * where the platform cannot hash or sign.
   */
  sign(request: OutgoingRequest, input?: SigningInput): Awaitable<void>
}

/** Continues synchronously if the value is not a promise. */
const thenOrNow = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  isPromise(value) ? value.then(next) : next(value)

/** The parameters of every signature, in their order; those without a value are omitted. */
function protocolParameters(
  options: OAuth1SigningOptions,
  { token, parameters }: SigningInput,
  own: { oauth_nonce: string; oauth_timestamp: string; oauth_signature_method: string },
): EncodedParameter[] {
  const { oauth_nonce, oauth_timestamp, oauth_signature_method } = own
  const all: Record<string, string | undefined> = {
    oauth_nonce,
    oauth_timestamp,
    oauth_version: options.version === false ? undefined : '1.0',
    oauth_signature_method,
    oauth_consumer_key: options.client.key,
    oauth_token: token?.oauth_token,
  }
  Object.assign(all, options.protocolParameters, parameters)
  const encoded: EncodedParameter[] = []
  for (const name in all) if (all[name]) encoded.push([name, percentEncode(all[name])])
  if (token?.oauth_token === '') encoded.push(['oauth_token', ''])
  return encoded
}

/** The names that a request must not use itself. */
const namesOf = (own: readonly EncodedParameter[]): string[] => [
  ...own.map(([name]) => name),
  'oauth_signature',
]

/**
 * Refuses parameters of the request with the name of a generated one, which a server could not tell apart.
 */
function insistOnOwnNames(parameters: readonly EncodedParameter[], own: readonly EncodedParameter[]): void {
  for (const [name] of parameters)
    if (name.startsWith('oauth_') && namesOf(own).includes(name))
      throw oauthError('OAUTH_SIGNATURE_FAILED', 'ownName', { name })
}

/** The base string URI of a normalised URL; a `Host` header overrides its authority. */
function uriOf(url: string, host: string | undefined): string {
  const mark = url.indexOf('?')
  const uri = mark < 0 ? url : url.slice(0, mark)
  return host ? new URL(uri.replace(/\/\/[^/]*/, () => `//${host}`)).href : uri
}

const queryOf = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

/** The parts of a base string, except the method. */
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

/** A server would read a stream under the content type of a form as one. */
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
  // A body with the protocol parameters cannot contain its own hash.
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

      return thenOrNow(unhashed ? '' : hasher.hash(data), hash => {
        if (hash) own.push(encodeParameter('oauth_body_hash', hash))
        const url = placement === 'query' ? withoutParameters(request.url, namesOf(own)) : request.url
        return thenOrNow(signatureOf(request, { url, form, own }, key), signature => {
          correctContentType(request, body)
          const signed = [...own, encodeParameter('oauth_signature', signature)]
          writeParameters(request, signed, { placement, realm, url, form })
        })
      })
    },
  }
}
