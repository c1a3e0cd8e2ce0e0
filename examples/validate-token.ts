/**
 * Checks whether a token is valid. Google has its own endpoint for it, `tokeninfo`; other servers have
 * introspection. A check before each request is not needed: an invalid token is refused, renewed, and the
 * request is sent again.
 */
import axios from 'axios'
import { createOAuth2Session, introspectToken, type OAuth2Session, saveToken } from 'axios-oauth-interceptor'
import { fromEnvironment } from './settings.js'

/** Google's information about a token. */
export interface TokenInfo {
  /** The client of the token. */
  aud: string
  scope: string
  /** Seconds, as a string. */
  expires_in: string
  [parameter: string]: unknown
}

/**
 * Asks Google about the session's token; returns `undefined` if it is invalid, or belongs to another client.
 * It is a plain request without a session, because the token itself is the parameter. The URL contains the
 * token, so keep it out of logs.
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
  // A token that was issued to another client does not identify the person.
  return status === 200 && data.aud === client_id ? data : undefined
}

/** The standard way (RFC 7662), for servers with an introspection endpoint. */
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
