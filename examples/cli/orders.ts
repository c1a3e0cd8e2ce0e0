/**
 * A command-line program: `node examples/run.mjs cli/orders` signs the person in, if necessary, and shows the
 * answer of the API; `node examples/run.mjs cli/orders logout` signs out. The tokens are in files that only
 * this person can read.
 */
import { webcrypto } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, isOAuthError, revokeToken } from 'axios-oauth-interceptor'
import { signIn } from 'axios-oauth-interceptor/cli'
import { fileStore } from 'axios-oauth-interceptor/stores/file'
import { fromEnvironment } from '../settings.js'

const { server, client, api } = fromEnvironment()
const session = createOAuth2Session({
  server,
  client,
  store: fileStore(process.env.TOKENS ?? join(homedir(), '.config', 'orders')),
  key: 'default',
  // Only Node 18 needs this, which has no global crypto.
  crypto: webcrypto as Crypto,
})
const orders = axios.create({ baseURL: api })
attachOAuth2(orders, session)

export async function main(command = process.argv[3]): Promise<unknown> {
  try {
    if (command === 'logout') return { revoked: (await revokeToken(session)).revoked }
    const signedIn = await signIn(session, { scope: 'openid offline_access' })
    return { signedIn, data: (await orders.get('/orders')).data }
  } catch (error) {
    const reason = axios.isAxiosError(error) ? (error.cause ?? error) : error
    if (!isOAuthError(reason)) throw error
    process.exitCode = 1
    return { failed: reason.code, error: reason.error }
  }
}
