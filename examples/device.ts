/** Sign-in on a device without a browser: it shows a code, and the person enters it on a phone. */
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, deviceCodeGrant, fetchToken } from 'axios-oauth-interceptor'
import { fromEnvironment, type Settings } from './settings.js'

/** Shows the address and the code to the person. */
export type Show = Parameters<typeof deviceCodeGrant>[0]['onUserCode']

const print: Show = ({ verification_uri, user_code }) => {
  process.stdout.write(`Go to ${verification_uri} and enter ${user_code}\n`)
}

export async function signInOnDevice(
  show: Show = print,
  { server, client, api }: Settings = fromEnvironment(),
  signal?: AbortSignal,
): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const session = createOAuth2Session({ server, client })
  attachOAuth2(instance, session)

  // Waits until the person has decided, and polls at the interval of the server.
  await fetchToken(session, deviceCodeGrant({ scope: 'openid', onUserCode: show }), signal && { signal })
  const { data } = await instance.get('/secret')
  return data
}

export const main = () => signInOnDevice()
