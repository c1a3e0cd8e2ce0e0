import { jwtBearerGrant, type ServiceAccount } from '../grants/jwt-bearer.js'
import type { OAuth2SessionOptions } from '../session/session-options.js'
import { defineProvider, type Provider } from './provider.js'

/**
 * Google, for a service account: its key file signs for each token, without a sign-in and without a refresh.
 * All of a session's options: `createOAuth2Session(googleServiceAccount(file, { scope }))`. `subject` is the
 * person to impersonate, if the domain allows it.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the key cannot be read
 * @see https://developers.google.com/identity/protocols/oauth2/service-account (not read: the facts are those
 * of the key file)
 */
export const googleServiceAccount = (
  file: ServiceAccount,
  { scope, subject }: { scope?: string; subject?: string } = {},
): Provider & Required<Pick<OAuth2SessionOptions, 'client' | 'grant'>> => ({
  ...defineProvider({
    server: { token_endpoint: file.token_uri ?? 'https://oauth2.googleapis.com/token' },
    // The assertion identifies the client.
    clientAuth: () => {},
  }),
  client: { client_id: file.client_email },
  grant: jwtBearerGrant({
    serviceAccount: file,
    ...(scope !== undefined && { scope }),
    ...(subject !== undefined && { subject }),
  }),
})
