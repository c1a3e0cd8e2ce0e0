import type { OidcProvider } from './oidc.js'
import { type ResourceServer, startResourceServer } from './resource-server.js'

/** True for a token of the provider that is good, and for this API where one is named. */
export async function isGood(provider: OidcProvider, token: string, audience?: string): Promise<boolean> {
  const { client_id, client_secret } = provider.clients.api ?? {}
  const answer = await fetch(`${provider.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  const { active, aud } = (await answer.json()) as { active: boolean; aud?: string }
  return active && (audience === undefined || aud === audience)
}

/** An API that pages of `site` may call, with tokens that are for it alone; it answers its name. */
export async function startPageApi(
  provider: OidcProvider,
  site: string,
  of: string,
): Promise<ResourceServer> {
  const api = await startResourceServer({ accepts: token => isGood(provider, token, api.url) })
  api.respond = async (request, response) => {
    response.setHeader('access-control-allow-origin', site)
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { 'access-control-allow-headers': 'authorization' }).end()
      return true
    }
    if (!(request.token && (await isGood(provider, request.token, api.url)))) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ of }))
    return true
  }
  return api
}
