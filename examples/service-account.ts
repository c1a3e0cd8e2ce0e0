/**
 * A service account: the program signs an assertion with its own key and exchanges it for a token. Google's
 * key file is used unchanged.
 */
import { webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import axios from 'axios'
import { attachOAuth2, createOAuth2Session } from 'axios-oauth-interceptor'
import { jwtBearerGrant, type ServiceAccount } from 'axios-oauth-interceptor/jwt'

/** Options of {@link serviceAccount}. */
export interface ServiceAccountOptions {
  /** The key file, parsed. */
  account: ServiceAccount & { token_uri: string }
  scope: string
  /** The person to impersonate, if an administrator has allowed it. */
  subject?: string
  api: string
}

export async function serviceAccount({
  account,
  scope,
  subject,
  api,
}: ServiceAccountOptions): Promise<unknown> {
  const instance = axios.create({ baseURL: api })
  const session = createOAuth2Session({
    server: { token_endpoint: account.token_uri },
    grant: jwtBearerGrant({ serviceAccount: account, scope, ...(subject && { subject }) }),
    // Only Node 18 needs this, which has no global crypto.
    crypto: webcrypto as Crypto,
  })
  attachOAuth2(instance, session)

  const { data } = await instance.get('/secret')
  return data
}

export async function main(): Promise<unknown> {
  const account = JSON.parse(await readFile(process.env.GOOGLE_APPLICATION_CREDENTIALS ?? 'key.json', 'utf8'))
  return serviceAccount({
    account,
    scope: process.env.SCOPE ?? 'https://www.googleapis.com/auth/devstorage.read_only',
    api: process.env.API_URL ?? 'https://storage.googleapis.com/storage/v1',
  })
}
