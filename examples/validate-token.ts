/**
 * Asks whether a token is good. Google has an endpoint of its own for it, `tokeninfo`; other servers have
 * introspection. Neither is needed before a request: a token that is not good is refused, renewed, and the
 * request is sent again.
 */
import axios from 'axios'
import { createOAuth2Session, introspectToken, type OAuth2Session, saveToken } from 'axios-oauth-interceptor'
import { fromEnvironment } from './settings.js'

/** What Google tells about a token. */
export interface TokenInfo {
  /** The client that it was given to. */
  aud: string
  scope: string
  /** Seconds, as text. */
  expires_in: string
  [parameter: string]: unknown
}

/**
 * Asks Google about the session's token; `undefined` when it is not good, or was given to another client. It
 * is a plain request, without a session: the token is what is asked about. The URL has the token in it, so
 * keep it out of logs.
 */
export async function tokenInfo(
  session: OAuth2Session,
  client_id: string,
  endpoint = process.env.TOKENINFO_ENDPOINT ?? 'https://oauth2.googleapis.com/tokeninfo',
): Promise<TokenInfo | undefined> {
  const { access_token } = await session.token()
  const { status, data } = await axios.get<TokenInfo>(endpoint, {
    params: { access_token },
    validateStatus: status => status === 200 || status === 400,
  })
  // a token that somebody else's client was given proves nothing here
  return status === 200 && data.aud === client_id ? data : undefined
}

/** The same with the standard's means (RFC 7662), where the server has an introspection endpoint. */
export async function isActive(session: OAuth2Session): Promise<boolean> {
  const { active } = await introspectToken(session)
  return active
}

export async function main(): Promise<unknown> {
  const { server, client } = fromEnvironment()
  const session = createOAuth2Session({ server, client })
  await saveToken(session, { access_token: process.env.ACCESS_TOKEN ?? 'the one you kept' })
  return tokenInfo(session, client.client_id)
}
