import { isOAuthError } from '../errors.js'
import type { OAuth2Session } from '../session/session-options.js'
import type { Token } from '../session/stored-grant.js'

/** The `AuthProvider` of the MCP TypeScript SDK 2 (`@modelcontextprotocol/client`). */
export interface McpAuthProvider {
  /** The token for the next request; `undefined` before a sign-in. */
  token(): Promise<string | undefined>
  /** Renews the token that the server refused. */
  onUnauthorized(context?: unknown): Promise<void>
}

const needsSignIn = (error: unknown) =>
  isOAuthError(error, 'OAUTH_INTERACTION_REQUIRED') || isOAuthError(error, 'OAUTH_SESSION_ENDED')

/**
 * Creates the `authProvider` that transports of the MCP TypeScript SDK take: the session's token before every
 * request, one renewal when the server answers 401.
 * @throws OAuthError as `session.token()` does
 * @example
 * const transport = new StreamableHTTPClientTransport(new URL('https://mcp.example.com'), { authProvider: mcpAuthProvider(session) })
 */
export function mcpAuthProvider(session: OAuth2Session): McpAuthProvider {
  let handedOut: Token | undefined
  return {
    async token() {
      try {
        handedOut = await session.token()
        return handedOut.access_token
      } catch (error) {
        if (needsSignIn(error)) return undefined
        throw error
      }
    },
    async onUnauthorized() {
      await session.token(handedOut && { rejected: handedOut })
    },
  }
}
