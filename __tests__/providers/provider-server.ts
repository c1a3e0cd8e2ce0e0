import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import axios, { type AxiosInstance } from 'axios'
import { json, listen, readBody } from '../servers/http.js'

/** An answer as it goes over the wire; a text is sent as a form. */
export interface Answer {
  status: number
  body: unknown
  type?: string
}

/** What the server's answers are made of; `api` is its own address. */
export interface Issued {
  access_token: string
  refresh_token: string
  api: string
}

/** Metadata in wire names. */
export type Metadata = { [name: string]: unknown }

/** How one provider behaves, where it differs from the specification. */
export interface Behaviour {
  /** Where the client's secret is looked for, or how it is recognised. */
  secret: 'body' | 'header' | ((call: Seen) => boolean)
  /** The token endpoint's answer to a grant. */
  grants(token: Issued): Answer
  /** The same for a refresh; default: as `grants`. */
  refreshes?(token: Issued): Answer
  /** Where the metadata are, if not under the well-known name of the issuer: `host/path`. */
  documentAt?: string
  /** The origin that is reached over plain http. */
  insecure?: string
  /** Where refresh requests go, if not to the token endpoint: each `host/path`. */
  refreshesAt?: string[]
  /** True where the access token itself is handed in for the next one. */
  renewsItself?: true
  /** True where calls to the token endpoint must be JSON. */
  json?: true
  /** The access token of an API request, where it is not a bearer token in the header. */
  tokenOf?(call: Seen): unknown
  /** What else the API demands of a request that has a token. */
  demands?(call: Seen): boolean
  /** Its answer to a refresh token that is over. */
  refuses: Answer
  /** The API's answer to an access token that is over. */
  expired: Answer
  /** True where the refresh token stays the same. */
  keepsRefreshToken?: boolean
}

/** A call as the server saw it. */
export interface Seen {
  host: string
  path: string
  parameters: URLSearchParams
  headers: IncomingHttpHeaders
}

/** True where the request proves the client in the one place that the provider's documentation names. */
function provesClient(call: Seen, place: Behaviour['secret']): boolean {
  if (typeof place === 'function') return place(call)
  const { headers, parameters } = call
  const basic = `Basic ${Buffer.from('client:client-secret').toString('base64')}`
  const isInBody =
    parameters.get('client_id') === 'client' && parameters.get('client_secret') === 'client-secret'
  return place === 'header'
    ? headers.authorization === basic
    : isInBody && headers.authorization === undefined
}

/** The parameters of a call: of the query, and of a form or a JSON object. */
function parametersOf(query: URLSearchParams, body: string, type = ''): URLSearchParams {
  const sent = /json/.test(type) ? Object.entries<string>(JSON.parse(body)) : new URLSearchParams(body)
  return new URLSearchParams([...query, ...sent])
}

/**
 * Starts a provider and its API on one loopback server; `http` is the transport that leads the provider's
 * hosts there. It serves its metadata under the well-known names of its issuer.
 */
export async function startProvider(server: Metadata, behaviour: Behaviour) {
  const seen: Seen[] = []
  const active = new Set<string>()
  const refreshTokens = new Set<string>()
  const revoked: (string | null)[] = []
  const grants: ('sign-in' | 'renewal')[] = []
  const placeOf = (address: unknown) => {
    const { host, pathname } = new URL(String(address ?? 'https://nowhere.invalid/'))
    return host + pathname
  }
  const tokenOf = behaviour.tokenOf ?? (({ headers }: Seen) => headers.authorization?.replace(/^Bearer /, ''))

  function answerToken(call: Seen): Answer {
    if (behaviour.json && !/json/.test(call.headers['content-type'] ?? '')) return { status: 415, body: {} }
    if (!provesClient(call, behaviour.secret)) return { status: 401, body: { error: 'invalid_client' } }
    const { parameters } = call
    const used = parameters.get(behaviour.renewsItself ? 'access_token' : 'refresh_token') ?? ''
    const isRefresh = used !== ''
    grants.push(isRefresh ? 'renewal' : 'sign-in')
    if (isRefresh && !refreshTokens.has(used)) return behaviour.refuses
    const access_token = `access-${randomUUID()}`
    const next = behaviour.renewsItself ? access_token : `refresh-${randomUUID()}`
    const refresh_token = isRefresh && behaviour.keepsRefreshToken ? used : next
    if (isRefresh) refreshTokens.delete(used)
    refreshTokens.add(refresh_token)
    active.add(access_token)
    return (isRefresh && behaviour.refreshes ? behaviour.refreshes : behaviour.grants)({
      access_token,
      refresh_token,
      api: running.url,
    })
  }

  const running = await listen(async (request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://loopback')
    const { headers } = request
    const host = String(headers['x-provider-host'])
    const parameters = parametersOf(searchParams, String(await readBody(request)), headers['content-type'])
    const call: Seen = { host, path, parameters, headers }
    if (path === '/api/me') {
      const isActive = active.has(String(tokenOf(call))) && (behaviour.demands?.(call) ?? true)
      return isActive
        ? json(response, 200, { ok: true })
        : json(response, behaviour.expired.status, behaviour.expired.body)
    }
    if (/\.well-known/.test(path)) {
      const { host: own, pathname } = new URL(String(server.issuer))
      const place = `${own}${pathname.replace(/\/$/, '')}/.well-known/openid-configuration`
      const isDocument = host + path === (behaviour.documentAt ?? place)
      return json(response, isDocument ? 200 : 404, isDocument ? server : {})
    }
    seen.push(call)
    if ([placeOf(server.token_endpoint), ...(behaviour.refreshesAt ?? [])].includes(host + path)) {
      const { status, body, type = 'application/json' } = answerToken(call)
      response.writeHead(status, { 'content-type': type })
      return response.end(typeof body === 'string' ? body : JSON.stringify(body)) as never
    }
    if (host + path === placeOf(server.revocation_endpoint)) {
      revoked.push(call.parameters.get('token'))
      return json(response, 200, {})
    }
    json(response, 404, { message: `${host}${path} is no address of this provider` })
  })

  const http: AxiosInstance = axios.create()
  http.interceptors.request.use(config => {
    const { protocol, host, pathname, search, origin } = new URL(String(config.url))
    if (protocol !== 'https:' && origin !== behaviour.insecure) throw new Error(`${config.url} is not secure`)
    config.headers['x-provider-host'] = host
    return { ...config, url: `${running.url}${pathname}${search}` }
  })

  return {
    http,
    api: `${running.url}/api`,
    seen,
    /** The calls to the token endpoint by clients that proved who they are. */
    grants,
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
