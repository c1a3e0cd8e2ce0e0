import type { JwtResponseReader } from '../grants/authorization-code.js'
import { insist, jwtVerifier, type VerifierOptions } from './verify.js'

/**
 * Reads authorization responses that come as a JWT (JARM, `response_mode: 'jwt'`): give it to
 * `authorizationCodeGrant` as `jwtResponse`. Signature, `iss`, `aud` and `exp` are checked before anything of
 * the response is looked at. What it answers throws `OAUTH_ID_TOKEN_INVALID` with the name of the claim.
 * @see https://openid.net/specs/oauth-v2-jarm.html#name-processing-rules
 */
export function jarm(options: VerifierOptions = {}): JwtResponseReader {
  const verify = jwtVerifier(options)
  return async (response, context) => {
    const { claims } = await verify(response, 'authorization', context)
    const { iss, aud, exp, ...parameters } = claims
    insist(typeof iss === 'string' && iss === context.server.issuer, 'iss')
    insist([aud].flat().includes(context.client.client_id), 'aud')
    insist(typeof exp === 'number' && exp > context.clock() - 60, 'exp')
    return { ...parameters, iss }
  }
}
