/** Names that the `@example` of a docstring may use without declaring them: objects of an application. */
declare const api: import('axios').AxiosInstance
declare const axios: import('axios').AxiosStatic
declare const session: import('axios-oauth-interceptor').OAuth2Session
declare const attachment: import('axios-oauth-interceptor').Attachment
declare const server: import('axios-oauth-interceptor').ServerMetadata
declare const client: import('axios-oauth-interceptor').ClientMetadata
declare const key: string
declare const secret: string
declare const oauth_token: string
declare const oauth_token_secret: string
declare const request_token_url: string
declare const authorize_url: string
declare const access_token_url: string
declare const serving: import('node:async_hooks').AsyncLocalStorage<
  import('axios-oauth-interceptor').OAuth2Session
>
declare const routes: import('axios-oauth-interceptor/routes').Routes
declare const registry: import('axios-oauth-interceptor/registry').Registry
declare const served: import('axios-oauth-interceptor/routes/node').ServedUser
/** An application of Express, Koa or Fastify. */
declare const app: { use(middleware: object): void; addHook(name: string, hook: object): void }
/** Clients of other packages, to which a session is passed. */
declare class Sdk {
  constructor(options: { apiKey(): Promise<string> })
}
declare class SecretClient {
  constructor(url: string, credential: import('axios-oauth-interceptor/bridges/azure').AzureTokenCredential)
}
declare class BaseBearerTokenAuthenticationProvider {
  constructor(provider: import('axios-oauth-interceptor/bridges/kiota').KiotaAccessTokenProvider)
}
declare class StreamableHTTPClientTransport {
  constructor(
    url: URL,
    options: { authProvider: import('axios-oauth-interceptor/bridges/mcp').McpAuthProvider },
  )
}
