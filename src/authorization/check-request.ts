import { checkNames } from '../lib/check-options.js'
import type { AuthorizationOptions } from './options.js'

/** All options of an authorization request; the type keeps the table complete. */
const OPTIONS: Record<keyof AuthorizationOptions, true> = {
  redirect_uri: true,
  scope: true,
  state: true,
  nonce: true,
  response_type: true,
  response_mode: true,
  resource: true,
  max_age: true,
  prompt: true,
  display: true,
  login_hint: true,
  id_token_hint: true,
  ui_locales: true,
  claims_locales: true,
  acr_values: true,
  claims: true,
  authorization_details: true,
  registration: true,
  request: true,
  request_uri: true,
  pkce: true,
  code_verifier: true,
  parameters: true,
}

const IN_SESSION = 'It belongs to the session: createOAuth2Session({ server, client, … }).'
const THIRD = 'It belongs to the third argument.'

/** Options that belong elsewhere. */
const PLACES: Readonly<Record<string, string>> = {
  server: IN_SESSION,
  client: IN_SESSION,
  client_id: IN_SESSION,
  clientId: IN_SESSION,
  client_secret: IN_SESSION,
  clientSecret: IN_SESSION,
  tokenEndpoint: IN_SESSION,
  token_endpoint: IN_SESSION,
  authorizationEndpoint: IN_SESSION,
  authorization_endpoint: IN_SESSION,
  push: THIRD,
  sign: THIRD,
  call: THIRD,
}

/** Refuses unknown options of an authorization request. @throws OAuthError `OAUTH_INVALID_OPTION` */
export const checkAuthorization = (options: AuthorizationOptions): void =>
  checkNames(options, OPTIONS, PLACES)
