import { secureUrl } from '../auth/origins.js'
import type { IncomingResponse, OutgoingRequest } from '../auth/scheme.js'
import { readClaims } from '../authorization/id-token-claims.js'
import { oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import { authOf } from '../oauth2/scheme.js'
import type { ServerRequest } from '../server/call.js'
import { processServerResponse } from '../server/token-response.js'
import { core, type OAuth2Session } from '../session/session.js'
import { keySource } from './keys.js'
import { insist, jwtVerifier, VERIFIER, type VerifierOptions } from './verify.js'

/** Claims about the signed-in person. */
export interface UserInfo {
  sub: string
  [claim: string]: unknown
}

/** Options of {@link fetchUserInfo}. */
export interface UserInfoOptions extends VerifierOptions {
  /** The expected `sub`; default: that of the stored ID token. */
  subject?: string
  signal?: AbortSignal
}

const OPTIONS: Record<keyof UserInfoOptions, true> = { ...VERIFIER, subject: true, signal: true }

/**
 * Fetches the claims about the signed-in person, with the session's token (renewed if it is refused). A
 * signed answer is verified. The `sub` must be that of the ID token.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_ID_TOKEN_INVALID` (another subject, a signature),
 * `OAUTH_INVALID_RESPONSE`, and what `session.token()` throws
 * @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
 */
export async function fetchUserInfo(
  session: OAuth2Session,
  options: UserInfoOptions = {},
): Promise<UserInfo> {
  checkNames(options, OPTIONS)
  const inside = core(session)
  const context = await inside.context()
  const { server, client, allowInsecure, send } = context
  const address = server.userinfo_endpoint
  if (!address) throw oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'userinfo_endpoint' })
  const url = secureUrl(address, 'userinfo_endpoint', allowInsecure)

  const headers = new Map<string, string>()
  const fresh = () => {
    headers.clear()
    headers.set('accept', 'application/json, application/jwt')
  }
  const request: OutgoingRequest = {
    method: 'GET',
    url: url.href,
    data: undefined,
    header: name => headers.get(name.toLowerCase()),
    setHeader(name, value) {
      if (value === undefined) headers.delete(name.toLowerCase())
      else headers.set(name.toLowerCase(), value)
    },
    signal: options.signal,
  }
  fresh()
  const flow = authOf(session).flow(request)
  let response: Awaited<ReturnType<typeof send>> | undefined
  for (let turn = await flow.next(); !turn.done; ) {
    const call: ServerRequest = {
      endpoint: 'userinfo',
      method: 'GET',
      url: new URL(request.url),
      headers: Object.fromEntries(headers),
      body: new URLSearchParams(),
      ...(options.signal && { signal: options.signal }),
    }
    response = await send(call)
    const { status, header, body } = response
    fresh()
    request.url = url.href
    const incoming: IncomingResponse = { status, header, data: body, authenticated: true }
    turn = await flow.next(incoming)
  }
  if (!response) throw oauthError('OAUTH_INTERACTION_REQUIRED', 'nothingToAskWith')

  let claims: Record<string, unknown>
  if (response.status === 200 && /^application\/jwt\b/i.test(response.header('content-type') ?? '')) {
    const verified = await jwtVerifier(options, keySource(options, true))(response.body, 'userinfo', context)
    claims = verified.claims
    insist(claims.iss === undefined || claims.iss === server.issuer, 'iss')
    insist(claims.aud === undefined || [claims.aud].flat().includes(client.client_id), 'aud')
  } else {
    insist(!client.userinfo_signed_response_alg, 'it should be signed')
    claims = processServerResponse(response, inside.clock())
  }
  const stored = (await inside.read())?.id_token
  const known = stored ? readClaims(stored) : undefined
  const subject = options.subject ?? known?.sub
  // The subject of an encrypted ID token that was saved without validation is unknown.
  insist(!stored || subject !== undefined, 'sub')
  insist(typeof claims.sub === 'string' && claims.sub, 'sub')
  insist(subject === undefined || claims.sub === subject, 'sub')
  return claims as UserInfo
}
