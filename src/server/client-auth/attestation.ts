import { secureUrl } from '../../auth/origins.js'
import type { Awaitable } from '../../auth/scheme.js'
import { jwtSigner, type SigningKey } from '../../crypto/jws.js'
import { base64url } from '../../lib/base64url.js'
import type { ClientAuth, ClientAuthContext, ServerRequest, ServerResponse } from '../messages.js'
import { processServerResponse } from '../token-response.js'

const ATTESTATION = 'OAuth-Client-Attestation'

/** Options of {@link clientAttestation}: the key is the one that the attestation names (`cnf`). */
export interface ClientAttestationOptions extends SigningKey {
  /**
   * The attestation of this installation of the client. A function is called before every call, so that it
   * can renew it. `fresh` is true if the server refused the last one for its age.
   */
  attestation: string | ((how: { fresh: boolean }) => Awaitable<string>)
}

/** The two refusals that another try can answer. */
function refusalOf({ status, body }: ServerResponse): string | undefined {
  if (status < 400 || status > 499) return undefined
  return /"error"\s*:\s*"use_(attestation_challenge|fresh_attestation)"/.exec(body)?.[1]
}

/** A fresh challenge, where the server gives them out. */
async function challengeOf(context: ClientAuthContext): Promise<string | undefined> {
  const { server, send, clock, allowInsecure } = context
  const address = server.challenge_endpoint
  if (typeof address !== 'string' || !send) return undefined
  const response = await send({
    endpoint: 'challenge',
    method: 'POST',
    url: secureUrl(address, 'challenge_endpoint', allowInsecure),
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(),
  })
  const { attestation_challenge: challenge } = processServerResponse(response, clock())
  return typeof challenge === 'string' ? challenge : undefined
}

/**
 * Client authentication by an attestation: a party that the server trusts attests this installation, and
 * every call carries a proof with the attested key. The challenge for the proof comes with the server's last
 * answer, or from its `challenge_endpoint`. A call that is refused for the challenge or the age of the
 * attestation is sent again, once for each of the two. By drafts 11 and 12, which are not final.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the key cannot be read; `OAUTH_SIGNATURE_FAILED`;
 * `OAUTH_CRYPTO_MISSING`
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-attestation-based-client-auth/
 */
export function clientAttestation({ attestation, ...key }: ClientAttestationOptions): ClientAuth {
  const sign = jwtSigner(key, { typ: 'oauth-client-attestation-pop+jwt' })
  // of each server, the challenge that came with its last answer
  const given = new Map<string, string>()
  // Concurrent calls share an attestation, so its text, not the call, says which one is too old.
  let last: string | undefined
  let tooOld: string | undefined
  const ask = async (fresh: boolean) => {
    last = typeof attestation === 'function' ? await attestation({ fresh }) : attestation
    return last
  }
  const attestationNow = async () => {
    const fresh = last !== undefined && last === tooOld
    const answer = await ask(fresh)
    return answer === tooOld && !fresh ? ask(true) : answer
  }
  const authenticate: ClientAuth = async (request, context) => {
    const { server, client, clock, random, crypto } = context
    const { origin } = request.url
    const kept = given.get(origin)
    given.delete(origin)
    const challenge = kept ?? (await challengeOf(context))
    const claims = {
      aud: server.issuer ?? origin,
      jti: base64url(random(16)),
      iat: Math.floor(clock()),
      ...(challenge !== undefined && { challenge }),
    }
    request.headers[ATTESTATION] = await attestationNow()
    request.headers['OAuth-Client-Attestation-PoP'] = await sign(claims, crypto)
    request.body.set('client_id', client.client_id)
  }
  return Object.assign(authenticate, {
    learnFromServer(response: ServerResponse, { url, headers }: ServerRequest): boolean {
      const challenge = response.header('OAuth-Client-Attestation-Challenge')
      if (challenge) given.set(url.origin, challenge)
      const refusal = refusalOf(response)
      if (refusal !== 'fresh_attestation') return refusal !== undefined
      tooOld = headers[ATTESTATION]
      return typeof attestation === 'function'
    },
  })
}
