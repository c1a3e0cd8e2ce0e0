import type { Awaitable } from '../../auth/scheme.js'
import { jwtSigner, type SigningKey } from '../../crypto/jws.js'
import { base64url } from '../../lib/base64url.js'
import type { ClientAuth, ClientAuthContext } from '../messages.js'
import { processServerResponse } from '../token-response.js'
import { secureUrl } from '../url.js'

/** Options of {@link clientAttestation}: the key is the one that the attestation names (`cnf`). */
export interface ClientAttestationOptions extends SigningKey {
  /** What the attester says of this installation of the client. A function is asked before every call: it knows when a new one is due. */
  attestation: string | (() => Awaitable<string>)
}

/** A fresh challenge, where the server gives them out. */
async function challengeOf({ server, send, clock, allowInsecure }: ClientAuthContext): Promise<unknown> {
  const address = server.challenge_endpoint
  if (typeof address !== 'string' || !send) return undefined
  const response = await send({
    endpoint: 'challenge',
    method: 'POST',
    url: secureUrl(address, 'challenge_endpoint', allowInsecure),
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(),
  })
  return processServerResponse(response, clock()).attestation_challenge
}

/**
 * Client authentication by an attestation: somebody the server trusts vouches for this installation, and a proof that it has
 * the attested key goes with every call. The challenge that the proof answers is fetched for each, from the server's
 * `challenge_endpoint`. By drafts 11 and 12, which are not final.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the key cannot be read; `OAUTH_SIGNATURE_FAILED`; `OAUTH_CRYPTO_MISSING`
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-attestation-based-client-auth/
 */
export function clientAttestation({ attestation, ...key }: ClientAttestationOptions): ClientAuth {
  const sign = jwtSigner(key, { typ: 'oauth-client-attestation-pop+jwt' })
  return async (request, context) => {
    const { server, client, clock, random, crypto } = context
    const challenge = await challengeOf(context)
    const claims = {
      aud: server.issuer ?? request.url.origin,
      jti: base64url(random(16)),
      iat: Math.floor(clock()),
      ...(challenge !== undefined && { challenge }),
    }
    request.headers['OAuth-Client-Attestation'] = await (typeof attestation === 'function'
      ? attestation()
      : attestation)
    request.headers['OAuth-Client-Attestation-PoP'] = await sign(claims, crypto)
    request.body.set('client_id', client.client_id)
  }
}
