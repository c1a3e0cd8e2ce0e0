import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startOidcProvider } from '../__tests__/servers/oidc.js'
import { isGood, startPageApi } from '../__tests__/servers/page-api.js'
import { startResourceServer } from '../__tests__/servers/resource-server.js'

type Environment = Record<string, string>
/** Starts the servers that a program needs; answers what tells the program where they are. */
type Servers = (port: string) => Promise<Environment>

const startProvider = (redirectUris: string[], more: object = {}) =>
  startOidcProvider({ redirectUris, asks: true, ...more })

const servers: Record<string, { command: string[]; port: string; servers: Servers }> = {
  'react-spa': {
    command: ['react-spa/serve.mjs'],
    port: '5173',
    async servers(port) {
      const site = `http://127.0.0.1:${port}`
      const provider = await startProvider(['callback', 'popup', 'signed-out'].map(path => `${site}/${path}`))
      const [orders, billing] = await Promise.all(
        ['orders', 'billing'].map(name => startPageApi(provider, site, name)),
      )
      return {
        VITE_AUTH_URL: provider.issuer,
        VITE_CLIENT_ID: 'spa',
        VITE_ORDERS_URL: `${orders?.url}`,
        VITE_BILLING_URL: `${billing?.url}`,
      }
    },
  },
  express: {
    command: ['run.mjs', 'express/server'],
    port: '3000',
    async servers(port) {
      const provider = await startProvider([`http://localhost:${port}/auth/callback/orders`])
      const api = await startResourceServer({ accepts: token => isGood(provider, token) })
      return {
        AUTH_URL: provider.issuer,
        API_URL: api.url,
        ORDERS_CLIENT_ID: 'web',
        ORDERS_CLIENT_SECRET: `${provider.clients.web?.client_secret}`,
        COOKIE_SECRET: randomBytes(32).toString('hex'),
      }
    },
  },
  cli: {
    command: ['run.mjs', 'cli/orders'],
    port: '0',
    async servers() {
      const native = {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
      }
      const provider = await startProvider([], { clients: [native] })
      const api = await startResourceServer({ accepts: token => isGood(provider, token) })
      return {
        AUTH_URL: provider.issuer,
        AUTHORIZATION_ENDPOINT: `${provider.issuer}/auth`,
        // The provider has no device code: without a browser the program shows an address.
        DEVICE_AUTHORIZATION_ENDPOINT: '',
        API_URL: api.url,
        CLIENT_ID: 'native',
        TOKENS: mkdtempSync(join(tmpdir(), 'orders-')),
      }
    },
  },
}

/** Starts the servers and the program, and ends with it. */
export async function start(name = ''): Promise<void> {
  const example = servers[name]
  if (!example) throw new Error(`node examples/local.mjs ${Object.keys(servers).join(' | ')}`)
  const { PORT = example.port } = process.env
  const environment = await example.servers(PORT)
  const [script = '', ...words] = example.command
  const here = dirname(fileURLToPath(import.meta.url))
  const child = spawn(process.execPath, [join(here, script), ...words], {
    stdio: 'inherit',
    env: { ...process.env, PORT, ...environment },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
  child.once('exit', code => process.exit(code ?? 1))
}
