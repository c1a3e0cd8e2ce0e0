import { checkNames } from '../lib/check-options.js'
import type { IntrospectionOptions } from '../session/introspection.js'
import { insist, jwtVerifier, VERIFIER, type VerifierOptions } from './verify.js'

/** Options of {@link introspectionValidator}. */
export interface IntrospectionValidatorOptions extends VerifierOptions {
  /** The server's name for this resource server in `aud`. Default: the `client_id`. */
  audience?: string
  /** The greatest age of an answer in seconds, because it does not name its token. Default 120. */
  maxTokenAge?: number
}

const OPTIONS: Record<keyof IntrospectionValidatorOptions, true> = {
  ...VERIFIER,
  audience: true,
  maxTokenAge: true,
}

/**
 * Creates the `jwt` of `introspectToken`: it checks type, signature, `iss`, `aud` and `iat` of a signed
 * answer, and unsigned answers are then refused. Create it once, because it caches the server's keys. It
 * throws `OAUTH_ID_TOKEN_INVALID` with the name of the claim, and `OAUTH_ENDPOINT_MISSING` without
 * `jwks_uri`.
 * @see https://www.rfc-editor.org/rfc/rfc9701#section-5
 */
export function introspectionValidator(
  options: IntrospectionValidatorOptions = {},
): NonNullable<IntrospectionOptions['jwt']> {
  checkNames(options, OPTIONS)
  const verify = jwtVerifier(options)
  return async (response, context) => {
    const { header, claims } = await verify(response, 'introspection', context)
    const { iss, aud, iat, exp, nbf, token_introspection } = claims
    const { audience = context.client.client_id, maxTokenAge = 120 } = options
    const now = context.clock()
    // Another token of the same server for the same audience must not pass as an introspection response.
    insist(/^(application\/)?token-introspection\+jwt$/i.test(`${header.typ}`), 'typ')
    insist(typeof iss === 'string' && iss === context.server.issuer, 'iss')
    insist([aud].flat().includes(audience), 'aud')
    insist(typeof iat === 'number' && iat <= now + 60 && iat >= now - maxTokenAge - 60, 'iat')
    insist(exp === undefined || (typeof exp === 'number' && exp > now - 60), 'exp')
    insist(nbf === undefined || (typeof nbf === 'number' && nbf <= now + 60), 'nbf')
    const isObject =
      typeof token_introspection === 'object' && token_introspection && !Array.isArray(token_introspection)
    insist(isObject, 'token_introspection')
    return token_introspection as Record<string, unknown>
  }
}
