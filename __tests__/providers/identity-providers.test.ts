import { auth0 } from 'axios-oauth-interceptor/providers/auth0'
import { cognito } from 'axios-oauth-interceptor/providers/cognito'
import { dropbox } from 'axios-oauth-interceptor/providers/dropbox'
import { keycloak } from 'axios-oauth-interceptor/providers/keycloak'
import { microsoft } from 'axios-oauth-interceptor/providers/microsoft'
import { okta } from 'axios-oauth-interceptor/providers/okta'
import { driveProviders, plain, withoutRefreshToken } from './drive.js'

/** The document of an OpenID provider whose endpoints lie under one address. */
const documentOf = (issuer: string, base: string, inner = base) => ({
  issuer,
  authorization_endpoint: `${base}/authorize`,
  token_endpoint: `${inner}/token`,
  revocation_endpoint: `${inner}/revoke`,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  code_challenge_methods_supported: ['S256'],
})
const directory = '0f0e1d2c-aaaa-bbbb-cccc-0123456789ab'
const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc'
const realm = 'https://id.example/realms/staff'

driveProviders({
  Auth0: {
    ...plain({ expires_in: 86_400 }),
    provider: auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.example' }),
    metadata: documentOf('https://acme.eu.auth0.com/', 'https://acme.eu.auth0.com'),
    secret: 'header',
    authorize: { scope: 'one two', audience: 'https://api.example' },
    life: 86_400,
  },
  'Okta, a custom authorization server': {
    ...plain({ expires_in: 3600 }),
    provider: okta({ domain: 'acme.okta.com', authorizationServer: 'default' }),
    metadata: documentOf('https://acme.okta.com/oauth2/default', 'https://acme.okta.com/oauth2/default/v1'),
    secret: 'header',
    life: 3600,
  },
  "Okta, the organisation's own": {
    ...plain({ expires_in: 3600 }),
    provider: okta({ domain: 'acme.okta.com' }),
    metadata: documentOf('https://acme.okta.com', 'https://acme.okta.com/oauth2/v1'),
    secret: 'header',
    life: 3600,
  },
  Keycloak: {
    ...plain({ expires_in: 300, refresh_expires_in: 1800, 'not-before-policy': 0 }),
    provider: keycloak({ url: 'https://id.example/', realm: 'staff' }),
    metadata: documentOf(realm, `${realm}/protocol/openid-connect`),
    secret: 'header',
    life: 300,
    refuses: { status: 400, body: { error: 'invalid_grant', error_description: 'Session not active' } },
  },
  'Keycloak under an internal address': {
    ...plain({ expires_in: 300 }),
    provider: keycloak({ url: 'https://id.example', realm: 'staff', address: 'http://keycloak:8080' }),
    metadata: documentOf(
      realm,
      `${realm}/protocol/openid-connect`,
      'http://keycloak:8080/realms/staff/protocol/openid-connect',
    ),
    documentAt: 'keycloak:8080/realms/staff/.well-known/openid-configuration',
    insecure: 'http://keycloak:8080',
    secret: 'header',
    life: 300,
  },
  Cognito: {
    ...plain({ expires_in: 3600 }),
    provider: cognito({ region: 'eu-west-1', userPoolId: 'eu-west-1_abc' }),
    metadata: documentOf(pool, 'https://acme.auth.eu-west-1.amazoncognito.com/oauth2'),
    secret: 'header',
    life: 3600,
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3600 }),
    keepsRefreshToken: true,
  },
  'Entra ID, one directory': {
    ...plain({ expires_in: 4000, ext_expires_in: 4000 }),
    provider: microsoft({ tenant: directory }),
    secret: 'body',
    life: 4000,
    refuses: { status: 400, body: { error: 'invalid_grant', error_codes: [70008], suberror: 'bad_token' } },
  },
  'Entra ID, a SPA registration': {
    ...plain({ expires_in: 4000, ext_expires_in: 4000 }),
    provider: microsoft({ tenant: directory }),
    isPublic: true,
    secret: ({ parameters, headers }) =>
      parameters.get('client_id') === 'client' &&
      !parameters.has('client_secret') &&
      headers.authorization === undefined &&
      (parameters.has('refresh_token') || parameters.has('code_verifier')),
    authorize: { scope: 'one two', code_challenge_method: 'S256' },
    life: 4000,
    // after 24 hours
    refuses: { status: 400, body: { error: 'invalid_grant', error_codes: [700084] } },
  },
  Dropbox: {
    ...plain({ expires_in: 14_400, account_id: 'dbid:1', uid: '1' }),
    provider: dropbox,
    secret: 'header',
    authorize: { scope: 'one two', token_access_type: 'offline' },
    life: 14_400,
    expired: {
      status: 401,
      body: { error_summary: 'expired_access_token/.', error: { '.tag': 'expired_access_token' } },
    },
    refreshes: token => withoutRefreshToken(token, { token_type: 'bearer', expires_in: 14_400 }),
    keepsRefreshToken: true,
  },
})
