/**
 * A program that acts for itself (backend application flow): no person, no refresh token, no further code.
 */
import axios from 'axios'
import { attachOAuth2, clientCredentialsGrant, createOAuth2Session } from 'axios-oauth-interceptor'
import { fromEnvironment, type Settings } from './settings.js'

export async function clientCredentials(
  { server, client, api }: Settings = fromEnvironment(),
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const session = createOAuth2Session({ server, client, grant: clientCredentialsGrant({ scope: 'read' }) })
  attachOAuth2(instance, session)

  // The token is fetched for this request, and again when it has expired or is refused.
  const { data } = await instance.get('/secret')
  return data
}

export const main = clientCredentials
