import type { ClientMetadata, ServerMetadata } from 'axios-oauth-interceptor'

const { env } = process

/** The settings of every example: the addresses of the servers, and the client. */
export interface Settings {
  /**
   * The authorization server's endpoints, in wire names. `discover('https://auth.example.com')` would read
   * them.
   */
  server: ServerMetadata
  client: ClientMetadata
  /** The API. */
  api: string
}

/** Settings from the environment, with placeholders that name the missing values. */
export function fromEnvironment(): Settings {
  const auth = env.AUTH_URL ?? 'https://auth.example.com'
  return {
    server: {
      issuer: auth,
      authorization_endpoint: env.AUTHORIZATION_ENDPOINT ?? `${auth}/authorize`,
      token_endpoint: env.TOKEN_ENDPOINT ?? `${auth}/token`,
      revocation_endpoint: env.REVOCATION_ENDPOINT ?? `${auth}/revoke`,
      introspection_endpoint: env.INTROSPECTION_ENDPOINT ?? `${auth}/introspect`,
      device_authorization_endpoint: env.DEVICE_AUTHORIZATION_ENDPOINT ?? `${auth}/device`,
    },
    client: {
      client_id: env.CLIENT_ID ?? 'the id you got when you registered',
      ...(env.CLIENT_SECRET && { client_secret: env.CLIENT_SECRET }),
    },
    api: env.API_URL ?? 'https://api.example.com',
  }
}
