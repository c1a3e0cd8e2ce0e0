import { oauthError } from '../errors.js'
import { checkOptions } from '../lib/check-options.js'
import { systemClock } from '../lib/clock.js'
import { asyncDispose, type UsedAsync } from '../lib/dispose.js'
import type { Transport } from '../session/state.js'
import { INTERNALS, type OAuth1Internals } from './internals.js'
import { keepCredentials } from './kept-credentials.js'
import { optionPlaces } from './option-places.js'
import { SIGNING_OPTIONS } from './options.js'
import { sharedRenewal } from './renewal.js'
import { oauth1Auth } from './scheme.js'
import { callServer } from './server-call.js'
import type { OAuth1Session, OAuth1SessionOptions } from './session-options.js'
import { createSigner } from './signer.js'

const OWN_OPTIONS = ['server', 'revision', 'allowUnconfirmedCallback', 'renew', 'hooks', 'http']
const KEEPING_OPTIONS = ['store', 'key', 'maxWait', 'recheck']

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function checkSessionOptions(options: OAuth1SessionOptions): void {
  checkOptions(options, [...SIGNING_OPTIONS, ...KEEPING_OPTIONS, ...OWN_OPTIONS], optionPlaces)
  for (const name of ['request_token_url', 'authorize_url', 'access_token_url'] as const)
    if (!options.server?.[name])
      throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: `server.${name}` })
}

/** Creates a session that sends through `transport`. @throws OAuthError `OAUTH_INVALID_OPTION` */
export function createSession(options: OAuth1SessionOptions, transport: Transport): OAuth1Session {
  const { client, server, signatureMethod, clock = systemClock, hooks, allowInsecure } = options
  const signer = createSigner(options)
  checkSessionOptions(options)
  const kept = keepCredentials(
    { issuer: server.access_token_url, client_id: client.key, clock },
    options,
    transport,
  )
  const internals: OAuth1Internals = {
    options,
    kept,
    clock,
    spent: new Map(),
    call: (request, name, other = signer) =>
      callServer({ signer: other, send: transport.send, hooks, allowInsecure }, request, name),
  }
  const renew = sharedRenewal(internals)
  const { current, token, on, close } = kept
  const session: Omit<OAuth1Session, keyof UsedAsync> = {
    token,
    current,
    on,
    close,
    [asyncDispose]: close,
    async authorized() {
      if (!(await kept.authorized())) return false
      // RSA does not use the secrets.
      const needsSecrets = !signatureMethod?.name.startsWith('RSA')
      return !needsSecrets || !!(client.secret && current()?.oauth_token_secret)
    },
    auth: {
      ...oauth1Auth(signer, {
        current,
        token,
        async rejected(token, reason) {
          if (token && reason === 'token_expired') return renew(token)
          if (token) await kept.endIfCurrent(token, reason)
          return undefined
        },
      }),
      adopt: instance => transport.adopt?.(instance),
    },
  }
  Object.defineProperty(session.auth, 'owner', { value: internals })
  return Object.defineProperty(session, INTERNALS, { value: internals }) as OAuth1Session
}
