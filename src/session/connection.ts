import { randomBytesOf } from '../crypto/crypto-like.js'
import { oauthError } from '../errors.js'
import { callEndpoint, type EndpointContext, type Random, type ServerMetadata } from '../server/call.js'
import { headerBearer } from '../token-types/bearer.js'
import type { TokenTypeContext } from '../token-types/token-type.js'
import type { OAuth2SessionOptions } from './session-options.js'
import type { ServerConnection, State, Transport } from './state.js'
import type { Token } from './stored-grant.js'

const defaultRandom: Random = bytes => {
  if (!globalThis.crypto) throw oauthError('OAUTH_CRYPTO_MISSING', 'random')
  return globalThis.crypto.getRandomValues(new Uint8Array(bytes))
}

/** The session's source of random bytes. */
export const randomOf = ({ random, crypto }: OAuth2SessionOptions): Random =>
  random ?? (crypto ? bytes => randomBytesOf(crypto, bytes) : defaultRandom)

/** How the session's calls leave. */
export function transportOf({ connection, options }: State): Transport {
  const own: ServerConnection = connection
  if (typeof own.transport === 'function') own.transport = own.transport(options)
  return own.transport
}

/** What signing a request may use. */
export const signingContext = ({ options, clock, store, key }: State): TokenTypeContext => ({
  clock,
  keyPair: store.keyPair && (make => (store.keyPair as NonNullable<typeof store.keyPair>)(key, make)),
  random: randomOf(options),
  crypto: options.crypto ?? globalThis.crypto,
})

/** Everything that `callEndpoint` needs. Reads the server's metadata where they are to be discovered. */
export async function contextOf(state: State): Promise<EndpointContext> {
  const { options, clock } = state
  const { server, client, hooks, clientAuth, allowInsecure, timeout, tokenType = headerBearer() } = options
  const { send } = transportOf(state)
  const metadata = typeof server === 'function' ? await server({ send, clock, allowInsecure }) : server
  const own: ServerConnection = state.connection
  own.metadata = metadata
  return {
    server: metadata ?? {},
    client: client ?? { client_id: '' },
    ...signingContext(state),
    tokenType,
    send,
    hooks,
    clientAuth,
    allowInsecure,
    timeout,
  }
}

/** Revokes a token that will not be used, as far as that goes. */
export function discard(state: State, { refresh_token, access_token }: Partial<Token>): void {
  contextOf(state)
    .then(context =>
      context.server.revocation_endpoint
        ? callEndpoint(context, 'revocation', { token: refresh_token ?? access_token })
        : undefined,
    )
    .catch(() => {})
}

const originOf = (address: unknown) => /^[a-z]+:\/\/[^/?#]+/i.exec(`${address}`)?.[0]

/** What is known of the server before it is asked, or since. */
function serverOf({ options: { server }, connection }: State): ServerMetadata | undefined {
  if (typeof server !== 'function') return server
  return server.issuer ? { issuer: server.issuer } : connection.metadata
}

/**
 * The issuer of the session's tokens; where it is not known, the origin of the token endpoint stands for it.
 */
export const issuerOf = (state: State): string | undefined => {
  const server = serverOf(state)
  return server?.issuer ?? originOf(server?.token_endpoint)
}

/** True when `issuer`, which stands in a stored grant, is another server than the session's. */
export const isForeign = (state: State, issuer: string): boolean => {
  const ours = issuerOf(state)
  return !!ours && (serverOf(state)?.issuer ? issuer : originOf(issuer)) !== ours
}

/** Waits until the session's issuer is known, which may stand in the server's metadata alone. */
export async function identify(state: State): Promise<void> {
  if (typeof state.options.server === 'function' && !issuerOf(state)) await contextOf(state)
}
