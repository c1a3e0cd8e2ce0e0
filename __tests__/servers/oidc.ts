import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import { browser } from './browser.js'

/** Options of {@link startOidcProvider}. Times are seconds. */
export interface OidcProviderOptions {
  accessTokenTTL?: number
  refreshTokenTTL?: number
  redirectUris?: string[]
  /** The server demands a DPoP nonce. */
  dpopNonce?: boolean
  /** More clients, in wire names. */
  clients?: Array<Record<string, unknown>>
  /** More of the provider's `features`, plain JSON. */
  features?: Record<string, unknown>
  port?: number
  /**
   * https with this certificate; a second address (`mtls_endpoint_aliases`) asks for client certificates,
   * which `ca` may sign. PEM.
   */
  tls?: { key: string; cert: string; ca: string }
  /** Clients may be vouched for (`attest_jwt_client_auth`) by whoever has the private part of this JWK. */
  attester?: object
  /**
   * A sign-in waits for a click on `#agree`, as a person makes it; by default it goes on by itself.
   */
  asks?: boolean
  /** The pages of `asks` separate a popup from the page that opened it (`Cross-Origin-Opener-Policy`). */
  severs?: boolean
  /** The program to run; default: found from the repository's root. */
  script?: string
}

/** What the provider has seen since its start. */
export interface OidcProviderStats {
  tokenRequests: number
  byGrant: Record<string, number>
  /** Refresh tokens spent by rotation. */
  consumed: number
  /** Uses of a refresh token that had been spent. */
  reuse: number
  grantsRevoked: number
  introspections: number
  revocations: number
  authorizations: number
  events: string[]
  /** With `tls`: every POST, and who the client was found to be. */
  calls: OidcCall[]
}

/** A POST as an https provider saw it; `method` is how the client is registered to authenticate. */
export interface OidcCall {
  host: string
  path: string
  status: number
  client_id?: string
  method?: string
  /** SHA-256 fingerprint of the client certificate, in hex with colons. */
  certificate?: string
}

/** A client as it is registered, with what it needs to prove itself. */
export interface OidcClient {
  client_id: string
  client_secret?: string
  /** The private key of `web-private-jwt`. */
  key?: Record<string, unknown>
  [parameter: string]: unknown
}

/** A running oidc-provider. */
export interface OidcProvider {
  readonly issuer: string
  /**
   * The registered clients: `spa` (public), `web`, `web-post`, `web-secret-jwt`, `web-private-jwt`, `machine`
   * (client credentials), `api` (may introspect all), `tv` (device), `till` (CIBA), `dpop-spa`.
   */
  readonly clients: Record<string, OidcClient>
  readonly redirectUri: string
  stats(): Promise<OidcProviderStats>
  /** Plays the browser: signs in (as `login_hint`, or anna), agrees, and answers the callback URL. */
  authorize(url: string | URL): Promise<string>
  /** Plays the browser on any page of the provider (device verification, logout); answers where it ended. */
  visit(url: string | URL): Promise<{ url: string; body: string }>
  /** Sets the server's clock forward. */
  advance(seconds: number): Promise<void>
  revokeAccessToken(token: string): Promise<boolean>
  revokeGrant(token: string): Promise<boolean>
  /** Token answers wait until {@link OidcProvider.release}; the server has done its work by then. */
  hold(): Promise<void>
  release(): Promise<void>
  /** The person at the phone answers the newest back-channel request. */
  answerBackchannel(agree?: boolean): Promise<boolean>
  stop(): Promise<void>
}

/**
 * Starts the certified oidc-provider in a child process, on loopback, with rotation and reuse detection on.
 * Each call is a provider of its own with new keys and secrets.
 */
export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<OidcProvider> {
  const script = options.script ?? resolve('__tests__/servers/oidc-provider.mjs')
  const redirectUris = options.redirectUris ?? ['http://127.0.0.1:4999/callback']
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  child.stderr?.on('data', chunk => {
    output += chunk
  })

  type Message = { ready?: true; id?: number; result?: unknown; error?: string }
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let stopped = false
  let ready: () => void = () => {}
  let failed: (error: Error) => void = () => {}
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve
    failed = reject
  })
  child.on('message', ({ ready: isReady, id, result, error }: Message) => {
    if (isReady) return ready()
    const call = waiting.get(id ?? -1)
    waiting.delete(id ?? -1)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  })
  const exited = new Promise<void>(done =>
    child.on('exit', code => {
      const error = new Error(`oidc-provider ended (${code}): ${output}`)
      if (!stopped) failed(error)
      for (const call of waiting.values()) call.reject(error)
      waiting.clear()
      done()
    }),
  )
  await started

  let calls = 0
  function call<T>(method: string, ...args: unknown[]): Promise<T> {
    calls += 1
    const id = calls
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      child.send({ id, method, args })
    })
  }

  const { issuer, clients } = await call<{ issuer: string; clients: Record<string, OidcClient> }>('start', {
    port: options.port ?? 0,
    accessTokenTTL: options.accessTokenTTL ?? 3600,
    refreshTokenTTL: options.refreshTokenTTL ?? 14 * 86_400,
    redirectUris,
    dpopNonce: options.dpopNonce ?? false,
    clients: options.clients ?? [],
    features: options.features ?? {},
    tls: options.tls,
    attester: options.attester,
    asks: options.asks ?? false,
    severs: options.severs ?? false,
  }).catch(error => {
    // or the process that runs the test would wait for the child
    stopped = true
    child.kill()
    throw error
  })
  const open = () => browser(options.tls && { ca: options.tls.ca })

  return {
    issuer,
    clients,
    redirectUri: redirectUris[0] ?? '',
    stats: () => call('stats'),
    authorize: async url => (await open().visit(url)).url,
    visit: url => open().visit(url),
    advance: seconds => call('advance', seconds),
    revokeAccessToken: token => call('revokeAccessToken', token),
    revokeGrant: token => call('revokeGrant', token),
    hold: () => call('hold'),
    release: () => call('release'),
    answerBackchannel: (agree = true) => call('answerBackchannel', agree),
    async stop() {
      stopped = true
      child.kill()
      await exited
    },
  }
}
