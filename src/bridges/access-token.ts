import type { OAuth2Session } from '../session/session-options.js'

/**
 * Creates the function that SDKs take as `apiKey: () => Promise<string>` or `accessToken: () =>
 * Promise<string>`: every call returns a usable access token. It also suits EventSource and WebSocket clients
 * that call it before they connect.
 * @throws OAuthError the returned function rejects as `session.token()` does
 * @example
 * const client = new Sdk({ apiKey: accessTokenOf(session) })
 */
export function accessTokenOf(session: OAuth2Session): () => Promise<string> {
  return async () => (await session.token()).access_token
}
