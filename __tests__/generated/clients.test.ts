import { join } from 'node:path'
import axios, { type AxiosInstance } from 'axios'
import { fetchWith } from '../../src/bridges/fetch.js'
import { kiotaTokenProvider } from '../../src/bridges/kiota.js'
import { attachOAuth2, isOAuthError } from '../../src/index.js'
import { optional } from '../support/optional.js'
import { document, generate, generators, hasJava, load } from './generate.js'
import { startWorld, type World } from './world.js'

let world: World
let worlds: World[]
const startOther = async () => {
  const other = await startWorld()
  worlds.push(other)
  return other
}
beforeEach(async () => {
  worlds = []
  world = await startOther()
})
afterEach(() => Promise.all(worlds.map(({ stop }) => stop())))

/** How an application uses a generated client. */
interface Client {
  /** The instance to attach to. */
  instance: AxiosInstance
  me(): Promise<unknown>
  order(item: string): Promise<unknown>
  status(): Promise<unknown>
  /** Points the client at another server. */
  moveTo(url: string): void
}

type Call = (...args: never[]) => Promise<{ data: unknown }>
const call = (method: unknown, ...args: unknown[]) =>
  (method as (...args: unknown[]) => Promise<never>)(...args)

/**
 * Puts `oauth: false` on what the document declares public, as docs/generated-clients.md says for each
 * generator.
 */
const makers: Record<string, (url: string) => Promise<Client>> = {
  async 'hey-api client-axios'(url) {
    const folder = await generate('hey-api', out => [
      '@hey-api/openapi-ts/bin/run.js',
      ...['-i', document, '-o', join(out, 'client'), '-c', '@hey-api/client-axios'],
    ])
    const api = await load<Record<'getMe' | 'createOrder' | 'getStatus', Call>>(
      join(folder, 'client/sdk.gen.ts'),
    )
    const { createClient } = await load<{
      createClient(config: object): { setConfig(config: object): void }
    }>(join(folder, 'client/client/index.ts'))
    const instance = axios.create({ baseURL: url })
    const client = createClient({ axios: instance, baseURL: url, throwOnError: true })
    const data = ({ data }: { data: unknown }) => data
    return {
      instance,
      me: () => call(api.getMe, { client }).then(data),
      order: item => call(api.createOrder, { client, body: { item } }).then(data),
      status: () => call(api.getStatus, { client }).then(data),
      moveTo: baseURL => client.setConfig({ baseURL }),
    }
  },

  async 'swagger-typescript-api'(url) {
    const folder = await generate('swagger-typescript-api', out => [
      'swagger-typescript-api/dist/cli.mjs',
      ...['generate', '-p', document, '-o', out, '-n', 'api.ts', '--axios'],
    ])
    type Api = { instance: AxiosInstance } & Record<'me' | 'orders' | 'status', Record<string, Call>>
    const { Api } = await load<{ Api: new (config: object) => Api }>(join(folder, 'api.ts'))
    const api = new Api({ baseURL: url })
    const data = ({ data }: { data: unknown }) => data
    return {
      instance: api.instance,
      me: () => call(api.me.getMe).then(data),
      order: item => call(api.orders.createOrder, { item }).then(data),
      status: () => call(api.status.getStatus, { oauth: false }).then(data),
      moveTo(baseURL) {
        api.instance.defaults.baseURL = baseURL
      },
    }
  },

  async orval(url) {
    const mutator = `
      import axios, { type AxiosRequestConfig } from 'axios'
      export const instance = axios.create()
      export const send = <T>(config: AxiosRequestConfig, options?: AxiosRequestConfig): Promise<T> =>
        instance.request<T>({ ...config, ...options }).then(({ data }) => data)`
    const config = `module.exports = { api: { input: ${JSON.stringify(document)}, output: {
      target: './api.ts', client: 'axios-functions', override: { mutator: { path: './mutator.ts', name: 'send' } },
    } } }`
    const folder = await generate(
      'orval',
      () => ['orval/dist/bin/orval.js', '--config', 'orval.config.cjs'],
      {
        'mutator.ts': mutator,
        'orval.config.cjs': config,
        'index.ts': "export * from './api'; export { instance } from './mutator'",
      },
    )
    type Api = { instance: AxiosInstance } & Record<'getMe' | 'createOrder' | 'getStatus', Call>
    const api = await load<Api>(join(folder, 'index.ts'))
    api.instance.defaults.baseURL = url
    return {
      instance: api.instance,
      me: () => call(api.getMe),
      order: item => call(api.createOrder, { item }),
      status: () => call(api.getStatus, { oauth: false }),
      moveTo(baseURL) {
        api.instance.defaults.baseURL = baseURL
      },
    }
  },
}

/** What OpenAPI Generator wrote: made once, because Java takes its time. */
let written: Promise<string> | undefined

/** Its clients hold the base URL: another server is another client. */
async function openApiGenerator(url: string): Promise<Client> {
  written ??= generate('openapi-generator', out => [
    '@openapitools/openapi-generator-cli/bin/openapi-generator.jar',
    ...['generate', '-g', 'typescript-axios', '-i', document, '-o', join(out, 'client')],
  ])
  type Name = 'PeopleApi' | 'OrdersApi' | 'StatusApi'
  type Apis = Record<Name, new (...args: unknown[]) => Record<string, Call>>
  const { Configuration, ...apis } = await load<{ Configuration: new (options: object) => object } & Apis>(
    join(await written, 'client/index.ts'),
  )
  const instance = axios.create({ baseURL: url })
  let basePath = url
  const api = (name: Name) => new apis[name](new Configuration({ basePath }), undefined, instance)
  const data = ({ data }: { data: unknown }) => data
  const send = (name: Name, method: string, ...args: unknown[]) => {
    const target = api(name)
    return call(target[method]?.bind(target), ...args).then(data)
  }
  return {
    instance,
    me: () => send('PeopleApi', 'getMe'),
    order: item => send('OrdersApi', 'createOrder', { item }),
    status: () => send('StatusApi', 'getStatus', { oauth: false }),
    moveTo(other) {
      basePath = other
    },
  }
}

const HEALED = ['GET /me Bearer old', 'POST /token', 'GET /me Bearer new']
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as { cause?: unknown; response?: { status: number } },
  )

const generated = (name: string, make: (url: string) => Promise<Client>) => () => {
  let client: Client
  beforeEach(async () => {
    client = await make(world.url)
  })
  const attach = (options?: Parameters<typeof attachOAuth2>[2]) =>
    // hey-api marks the operations that need security on the request's configuration
    attachOAuth2(client.instance, world.session, {
      ...(name.startsWith('hey-api') && { skip: config => !config.security }),
      ...options,
    })

  test('a refused token is renewed, the request is sent again and answered', async () => {
    attach()
    expect(await client.me()).toMatchObject({ name: 'Anna' })
    expect(world.log).toEqual(HEALED)
  })

  test('a body is sent again as it was', async () => {
    attach()
    expect(await client.order('tea')).toEqual({ item: 'tea' })
    expect(world.log).toEqual([
      'POST /orders Bearer old {"item":"tea"}',
      'POST /token',
      'POST /orders Bearer new {"item":"tea"}',
    ])
  })

  test('a public operation goes without a token', async () => {
    attach()
    expect(await client.status()).toMatchObject({ ok: true })
    expect(world.log).toEqual(['GET /status -'])
  })

  test('a base URL that changed after attaching gets no token, and the error says why', async () => {
    const attachment = attach()
    const other = await startOther()
    client.moveTo(other.url)
    const error = await rejection(client.me())
    expect(error?.response?.status).toBe(401)
    expect(isOAuthError(error?.cause, 'OAUTH_NOT_AUTHENTICATED')).toBe(true)
    expect(String(error?.cause)).toContain(other.url)
    expect(other.log).toEqual(['GET /me -'])
    expect(attachment.explain({ url: `${other.url}/me`, security: [{}] })).toMatchObject({ reason: 'origin' })
  })

  test('with allowedOrigins the other server gets the token as well', async () => {
    const other = await startOther()
    attach({ allowedOrigins: [world.url, other.url] })
    client.moveTo(other.url)
    await client.me()
    expect([...other.log, ...world.log].sort()).toEqual([...HEALED].sort())
  })
}

for (const [name, make] of Object.entries(makers)) describe(name, generated(name, make))
optional(
  'Java',
  hasJava,
  'apt-get install default-jre-headless',
)('OpenAPI Generator 4.3.1 typescript-axios', generated('openapi-generator', openApiGenerator))

/**
 * The newest OpenAPI Generator that an npm package brings is 4.3.1. For newer ones a published client stands
 * in: that of Ory Hydra, whose package says by which version it was generated.
 */
describe('OpenAPI Generator 7.17.0 typescript-axios', () => {
  interface Hydra {
    Configuration: new (options: object) => object
    OidcApi: new (...args: unknown[]) => { getOidcUserInfo(options?: object): Promise<{ data: unknown }> }
    MetadataApi: new (...args: unknown[]) => { getVersion(options?: object): Promise<{ data: unknown }> }
  }
  let hydra: Hydra
  beforeAll(async () => {
    hydra = await load<Hydra>(join(generators, '@ory/hydra-client/index.ts'))
  })
  const client = (options: object = {}) => {
    const configuration = new hydra.Configuration({ basePath: world.url, ...options })
    const instance = axios.create({ baseURL: world.url })
    attachOAuth2(instance, world.session)
    const people = new hydra.OidcApi(configuration, undefined, instance)
    const metadata = new hydra.MetadataApi(configuration, undefined, instance)
    return { instance, people, metadata }
  }

  test('it is what the generator wrote', () => {
    const { readFileSync } = jest.requireActual<typeof import('node:fs')>('node:fs')
    const version = readFileSync(join(generators, '@ory/hydra-client/.openapi-generator/VERSION'), 'utf8')
    expect(version.trim()).toBe('7.17.0')
  })

  test('a refused token is renewed, the request is sent again and answered', async () => {
    const { data } = await client().people.getOidcUserInfo()
    expect(data).toMatchObject({ sub: 'anna' })
    expect(world.log).toEqual(['GET /userinfo Bearer old', 'POST /token', 'GET /userinfo Bearer new'])
  })

  test('a public operation goes without a token', async () => {
    await client().metadata.getVersion({ oauth: false })
    expect(world.log).toEqual(['GET /version -'])
  })

  test('an accessToken of the configuration wins: it is not renewed, and the error says why', async () => {
    const error = await rejection(client({ accessToken: 'fixed' }).people.getOidcUserInfo())
    expect(world.log).toEqual(['GET /userinfo Bearer fixed'])
    expect(isOAuthError(error?.cause, 'OAUTH_NOT_AUTHENTICATED')).toBe(true)
    expect(String(error?.cause)).toContain('Authorization')
  })

  test('the base URL of the instance wins over basePath; one that the attachment does not allow gets no token', async () => {
    const other = await startOther()
    const { instance, people } = client({ basePath: 'http://nowhere.invalid' })
    instance.defaults.baseURL = other.url
    const error = await rejection(people.getOidcUserInfo())
    expect(other.log).toEqual(['GET /userinfo -'])
    expect(String(error?.cause)).toContain(other.url)
  })
})

/**
 * Kiota is a .NET program that no npm package brings; what it generates calls this runtime, which the tests
 * call as generated code does.
 */
describe('Kiota', () => {
  interface Kiota {
    FetchRequestAdapter: new (
      ...args: unknown[]
    ) => {
      sendPrimitive(request: object, type: string, errors: object): Promise<unknown>
      baseUrl: string
    }
    HttpClient: new (...args: unknown[]) => object
    createOrdersClient(adapter: object): KiotaClient
    BaseBearerTokenAuthenticationProvider: new (provider: object) => object
    AnonymousAuthenticationProvider: new () => object
    RequestInformation: new (method: string, template: string, parameters: object) => object
  }
  interface KiotaClient {
    me: { get(): Promise<unknown> }
    orders: { post(order: object): Promise<unknown> }
    status: { get(): Promise<unknown> }
  }
  let kiota: Kiota
  beforeAll(async () => {
    const folder = await generate('kiota', () => ['typescript/bin/tsc', '--version'], {
      'index.ts': `
        export * from ${JSON.stringify(join(generators, '@microsoft/kiota-abstractions'))}
        export * from ${JSON.stringify(join(generators, '@microsoft/kiota-http-fetchlibrary'))}
        export * from ${JSON.stringify(join(__dirname, 'kiota-client.js'))}`,
    })
    kiota = await load<Kiota>(join(folder, 'index.ts'))
  })
  const get = (
    adapter: { baseUrl: string; sendPrimitive(...args: unknown[]): Promise<unknown> },
    path: string,
  ) => {
    adapter.baseUrl = world.url
    const request = new kiota.RequestInformation('GET', `{+baseurl}${path}`, { baseurl: world.url })
    return adapter.sendPrimitive(request, 'ArrayBuffer', {})
  }

  test('fetchWith below Kiota heals a 401', async () => {
    const authorized = fetchWith(world.session, {
      allowedOrigins: world.url,
      skip: ({ url }) => url.endsWith('/status'),
    })
    const client = new kiota.HttpClient(authorized)
    const adapter = new kiota.FetchRequestAdapter(
      new kiota.AnonymousAuthenticationProvider(),
      undefined,
      undefined,
      client,
    )
    const body = (await get(adapter as never, '/me')) as ArrayBuffer
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ name: 'Anna' })
    await get(adapter as never, '/status')
    expect(world.log).toEqual([...HEALED, 'GET /status -'])
  })

  test('a client in the shape of a generated one, over fetchWith: 401 → renewed → 200, the body again', async () => {
    const authorized = fetchWith(world.session, {
      allowedOrigins: world.url,
      skip: ({ url }) => url.endsWith('/status'),
    })
    const adapter = new kiota.FetchRequestAdapter(
      new kiota.AnonymousAuthenticationProvider(),
      undefined,
      undefined,
      new kiota.HttpClient(authorized),
    )
    adapter.baseUrl = world.url
    const client = kiota.createOrdersClient(adapter)
    expect(await client.orders.post({ item: 'tea' })).toMatchObject({ item: 'tea' })
    expect(await client.me.get()).toMatchObject({ name: 'Anna' })
    expect(await client.status.get()).toMatchObject({ ok: true })
    expect(world.log).toEqual([
      'POST /orders Bearer old {"item":"tea"}',
      'POST /token',
      'POST /orders Bearer new {"item":"tea"}',
      'GET /me Bearer new',
      'GET /status -',
    ])
  })

  test('the access token provider gives the token, and a 401 is the application’s', async () => {
    const provider = kiotaTokenProvider(world.session, { allowedOrigins: world.url })
    const adapter = new kiota.FetchRequestAdapter(new kiota.BaseBearerTokenAuthenticationProvider(provider))
    const error = await rejection(get(adapter as never, '/me'))
    expect((error as { responseStatusCode?: number }).responseStatusCode).toBe(401)
    expect(world.log).toEqual(['GET /me Bearer old'])
  })
})
