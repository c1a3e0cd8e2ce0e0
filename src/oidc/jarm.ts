import type { JwtResponseReader } from '../grants/authorization-code.js'
import { checkNames } from '../lib/check-options.js'
import { insist, jwtVerifier, VERIFIER, type VerifierOptions } from './verify.js'

/**
 * Creates a reader of authorization responses that are a JWT (JARM, `response_mode: 'jwt'`): pass it to
 * `authorizationCodeGrant` as `jwtResponse`. It checks signature, `iss`, `aud` and `exp` before any other
 * part of the response, and throws `OAUTH_ID_TOKEN_INVALID` with the name of the claim.
 * @see https://openid.net/specs/oauth-v2-jarm.html#name-processing-rules
 */
export function jarm(options: VerifierOptions = {}): JwtResponseReader {
  checkNames(options, VERIFIER)
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
