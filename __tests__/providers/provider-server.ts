import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import axios, { type AxiosInstance } from 'axios'
import type { Provider } from 'axios-oauth-interceptor/providers/provider'
import { json, listen, readBody } from '../servers/http.js'

/** An answer as it goes over the wire; a text is sent as a form. */
export interface Answer {
  status: number
  body: unknown
  type?: string
}

/** How one provider behaves, where it differs from the specification. */
export interface Behaviour {
  /** Where the client's secret is looked for. */
  secret: 'body' | 'header'
  /** The token endpoint's answer to a grant. */
  grants(token: { access_token: string; refresh_token: string }): Answer
  /** The same for a refresh; default: as `grants`. */
  refreshes?(token: { access_token: string; refresh_token: string }): Answer
  /** Its answer to a refresh token that is over. */
  refuses: Answer
  /** The API's answer to an access token that is over. */
  expired: Answer
  /** True where the refresh token stays the same. */
  keepsRefreshToken?: boolean
}

/** A call as the server saw it. */
interface Seen {
  host: string
  path: string
  parameters: URLSearchParams
  headers: IncomingHttpHeaders
}

/** True where the request proves the client in the one place that the provider's documentation names. */
function provesClient({ headers, parameters }: Seen, place: Behaviour['secret']): boolean {
  const basic = `Basic ${Buffer.from('client:client-secret').toString('base64')}`
  const isInBody = parameters.get('client_id') === 'client' && parameters.get('client_secret') === 'client-secret'
  return place === 'header' ? headers.authorization === basic : isInBody && headers.authorization === undefined
}

/** Starts a provider and its API on one loopback server; `http` is the transport that leads the provider's hosts there. */
export async function startProvider({ server }: Provider, behaviour: Behaviour) {
  const seen: Seen[] = []
  const active = new Set<string>()
  const refreshTokens = new Set<string>()
  const revoked: (string | null)[] = []
  const placeOf = (address: string | undefined) => address && new URL(address).host + new URL(address).pathname

  function answerToken(call: Seen): Answer {
    if (!provesClient(call, behaviour.secret)) return { status: 401, body: { error: 'invalid_client' } }
    const { parameters } = call
    const isRefresh = parameters.get('grant_type') === 'refresh_token'
    const used = parameters.get('refresh_token') ?? ''
    if (isRefresh && !refreshTokens.has(used)) return behaviour.refuses
    const refresh_token = isRefresh && behaviour.keepsRefreshToken ? used : `refresh-${randomUUID()}`
    if (isRefresh) refreshTokens.delete(used)
    refreshTokens.add(refresh_token)
    const access_token = `access-${randomUUID()}`
    active.add(access_token)
    return (isRefresh && behaviour.refreshes ? behaviour.refreshes : behaviour.grants)({ access_token, refresh_token })
  }

  const running = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback')
    const { headers } = request
    if (pathname === '/api/me') {
      const isActive = active.has(headers.authorization?.replace(/^Bearer /, '') ?? '')
      return isActive
        ? json(response, 200, { ok: true })
        : json(response, behaviour.expired.status, behaviour.expired.body)
    }
    const host = String(headers['x-provider-host'])
    const form = new URLSearchParams(String(await readBody(request)))
    const call = { host, path: pathname, parameters: new URLSearchParams([...searchParams, ...form]), headers }
    seen.push(call)
    if (host + pathname === placeOf(server.token_endpoint)) {
      const { status, body, type = 'application/json' } = answerToken(call)
      response.writeHead(status, { 'content-type': type })
      return response.end(typeof body === 'string' ? body : JSON.stringify(body)) as never
    }
    if (host + pathname === placeOf(server.revocation_endpoint)) {
      revoked.push(call.parameters.get('token'))
      return json(response, 200, {})
    }
    json(response, 404, { message: `${host}${pathname} is no address of this provider` })
  })

  const http: AxiosInstance = axios.create()
  http.interceptors.request.use(config => {
    const { protocol, host, pathname, search } = new URL(String(config.url))
    if (protocol !== 'https:') throw new Error(`${config.url} is not secure`)
    config.headers['x-provider-host'] = host
    return { ...config, url: `${running.url}${pathname}${search}` }
  })

  return {
    http,
    api: `${running.url}/api`,
    seen,
    revoked,
    /** Lets the access tokens be refused from now on. */
    expire: () => active.clear(),
    /** Ends the grant behind the client's back. */
    endGrant() {
      active.clear()
      refreshTokens.clear()
    },
    stop: () => running.stop(),
  }
}
