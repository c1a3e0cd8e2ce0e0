/**
 * The program asks for name and password itself (legacy application flow). Only for servers that offer
 * nothing else, because the program then handles the person's password.
 */
import axios from 'axios'
import {
  attachOAuth2,
  createOAuth2Session,
  fetchToken,
  isOAuthError,
  passwordGrant,
} from 'axios-oauth-interceptor'
import { fromEnvironment, type Settings } from './settings.js'

export async function signInWithPassword(
  { username, password }: { username: string; password: string },
  { server, client, api }: Settings = fromEnvironment(),
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const session = createOAuth2Session({ server, client })
  attachOAuth2(instance, session)

  try {
    // The password is used once; later tokens come from the refresh token.
    await fetchToken(session, passwordGrant({ username, password, scope: 'read' }))
  } catch (error) {
    if (isOAuthError(error) && error.error === 'invalid_grant') return 'The name or the password is wrong.'
    throw error
  }
  const { data } = await instance.get('/secret')
  return data
}

export const main = () =>
  signInWithPassword({ username: process.env.USERNAME ?? 'anna', password: process.env.PASSWORD ?? '' })
