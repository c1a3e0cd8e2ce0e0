import type { ServerMetadata, ServerRequest, ServerResponse, ServerSource } from '../server/messages.js'
import type { OAuth2SessionOptions } from '../session/session-options.js'
import type { TokenType } from '../token-types/token-type.js'

/** The session options of a provider that are the same for all its clients. */
export interface Provider<Server extends ServerMetadata | ServerSource = ServerMetadata>
  extends Pick<
    OAuth2SessionOptions,
    'clientAuth' | 'tokenType' | 'endedBy' | 'isTokenExpired' | 'hooks' | 'leeway'
  > {
  /**
   * Endpoints in wire names, or `discover(issuer)`. `token_endpoint_auth_methods_supported` chooses the
   * client authentication; a client without a secret is a public one.
   */
  server: Server
}

/**
 * Checks the type of a provider and returns it unchanged: `createOAuth2Session({ ...github, client })`.
 * Combine your own hooks with those of the provider: `hooks: { ...github.hooks, protectedRequest }`.
 */
export const defineProvider = <Server extends ServerMetadata | ServerSource>(
  provider: Provider<Server>,
): Provider<Server> => provider

/** Reads a JSON object or a form; anything else has no parameters. */
function parseBody(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body))
  } catch {
    return Object.fromEntries(new URLSearchParams(body))
  }
}

/**
 * A hook that rewrites the parameters of an answer (`tokenResponse`, `refreshResponse`) before it is judged.
 * `change` gets a copy and returns its replacement. Bodies that are neither JSON nor a form stay unchanged.
 */
export const rewriteAnswer =
  (change: (parameters: Record<string, unknown>) => Record<string, unknown>) =>
  (response: ServerResponse): ServerResponse => {
    const { status, body } = response
    if (!/^\s*(\{|[\w.]+=)/.test(body)) return response
    return { status, header: name => response.header(name), body: JSON.stringify(change(parseBody(body))) }
  }

/** The parameters with spaces instead of commas in their `scope`. */
export const withSpaces = ({ scope, ...parameters }: Record<string, unknown>): Record<string, unknown> => ({
  ...parameters,
  ...(scope !== undefined && scope !== null && { scope: `${scope}`.replaceAll(',', ' ') }),
})

/**
 * Replaces the commas of a `scope` by the spaces of the specification, so that granted and requested scopes
 * compare.
 */
export const spaceScope = rewriteAnswer(withSpaces)

/** A hook (`authorizationUrl`) that puts commas between the requested scopes. */
export function commaScope({ searchParams }: URL): void {
  const scope = searchParams.get('scope')
  if (scope) searchParams.set('scope', scope.replaceAll(' ', ','))
}

/**
 * A hook that adds parameters to the authorization URL (`authorizationUrl`), unless the application chose its
 * own.
 */
export const addParameters =
  (parameters: Record<string, string>) =>
  ({ searchParams }: URL): void => {
    for (const name in parameters)
      if (!searchParams.has(name)) searchParams.set(name, parameters[name] as string)
  }

/** A hook that sends a call to the server as JSON (`tokenRequest`, `refreshRequest`, `revocationRequest`). */
export const sendJson = (request: ServerRequest): ServerRequest => ({
  ...request,
  headers: { ...request.headers, 'Content-Type': 'application/json' },
  json: Object.fromEntries(request.body),
})

/**
 * A token type for APIs with the token in a custom header, or after a custom scheme. It is for servers: a
 * browser sends such a header along on a redirect to another origin, unlike `Authorization`.
 */
export const tokenInHeader = (name: string, word = ''): TokenType => ({
  accepts: ['bearer'],
  synchronous: true,
  authorize: (request, { access_token }) => request.setHeader(name, word + access_token),
})
