import type { AxiosInstance } from 'axios'
import type { AuthFlow } from '../../src/auth/scheme.js'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

async function until(condition: () => boolean) {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

/** A signal that counts who listens. */
function counted() {
  const controller = new AbortController()
  let listeners = 0
  const { signal } = controller
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: unknown[]) => {
    listeners++
    return (add as (...args: unknown[]) => void)(...args)
  }
  signal.removeEventListener = (...args: unknown[]) => {
    listeners--
    return (remove as (...args: unknown[]) => void)(...args)
  }
  return { controller, signal, listeners: () => listeners }
}

describe.each(axiosVersions)('giving up, on axios $name', ({ module }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance
  let scheme: ReturnType<typeof renewing>
  let renewed: (token: string) => void

  beforeEach(async () => {
    loaded = loadWith(module)
    server = await listen(({ headers }) => ({ status: headers.authorization === 'Bearer good' ? 200 : 401 }))
    api = loaded.axios.create({ baseURL: server.origin })
    scheme = renewing('')
    scheme.renew = () =>
      new Promise(resolve => {
        renewed = resolve
      })
    loaded.attach(api, scheme)
  })
  afterEach(() => server.close())

  const ways: [string, () => { options: object; cancel: () => void }][] = [
    [
      'a signal',
      () => {
        const controller = new AbortController()
        return { options: { signal: controller.signal }, cancel: () => controller.abort() }
      },
    ],
    [
      'a cancel token',
      () => {
        const { token, cancel } = loaded.axios.CancelToken.source()
        return { options: { cancelToken: token }, cancel: () => cancel('enough') }
      },
    ],
  ]

  it.each(ways)(
    'by %s while waiting for the first token: at once, and nothing is sent',
    async (name, make) => {
      const { options, cancel } = make()
      const wanted = api.get('/wanted')
      const unwanted = api.get('/unwanted', options).catch(error => error)
      await until(() => scheme.renewals === 1)
      await new Promise(resolve => setImmediate(resolve)) // both wait now
      cancel()
      const error = await unwanted // the renewal is still under way
      expect(loaded.axios.isCancel(error)).toBe(true)
      if (name === 'a cancel token') expect(error.message).toBe('enough')
      renewed('good')
      expect((await wanted).status).toBe(200)
      expect(server.seen.map(({ url }) => url)).toEqual(['/wanted'])
    },
  )

  it.each(ways)('by %s while a refused token is renewed', async (_, make) => {
    scheme.token = 'old'
    const { options, cancel } = make()
    const unwanted = api.get('/unwanted', options).catch(error => error)
    await until(() => scheme.renewals === 1)
    cancel()
    expect(loaded.axios.isCancel(await unwanted)).toBe(true)
    renewed('good')
    await until(() => scheme.token === 'good')
    await api.get('/wanted')
    expect(server.seen.map(({ url }) => url)).toEqual(['/unwanted', '/wanted'])
  })

  it.each(ways)('by %s in the moment in which the token arrives', async (_, make) => {
    const { options, cancel } = make()
    const unwanted = api.get('/unwanted', options).catch(error => error)
    await until(() => scheme.renewals === 1)
    renewed('good')
    cancel()
    expect(loaded.axios.isCancel(await unwanted)).toBe(true)
    await api.get('/wanted')
    expect(server.seen.map(({ url }) => url)).toEqual(['/wanted'])
  })

  it.each(ways)('by %s before it began', async (_, make) => {
    const { options, cancel } = make()
    cancel()
    await until(() => true)
    expect(loaded.axios.isCancel(await api.get('/x', options).catch(error => error))).toBe(true)
    expect(server.seen).toEqual([])
  })

  it.each(ways)('by %s tells the scheme', async (_, make) => {
    let signal: AbortSignal | undefined
    let ended = false
    const { options, cancel } = make()
    const plain = loaded.axios.create({ baseURL: server.origin })
    loaded.attach(plain, {
      async *flow(request): AuthFlow {
        signal = request.signal
        try {
          await new Promise(resolve => signal?.addEventListener('abort', resolve))
          yield request
        } finally {
          ended = true
        }
      },
    })
    const unwanted = plain.get('/x', options).catch(error => error)
    await until(() => !!signal)
    expect(signal?.aborted).toBe(false)
    cancel()
    await unwanted
    expect(signal?.aborted).toBe(true)
    await until(() => ended)
    expect(server.seen).toEqual([])
  })

  it('sends nothing for who gave up, in whichever moment', async () => {
    for (let moment = 0; moment < 12; moment++) {
      const controller = new AbortController()
      const sentAfter: boolean[] = []
      const plain = loaded.axios.create({
        baseURL: server.origin,
        adapter: async config => {
          sentAfter.push(controller.signal.aborted)
          return { status: 200, statusText: '', headers: {}, data: '', config }
        },
      })
      loaded.attach(plain, {
        async *flow(request): AuthFlow {
          let turn: Promise<unknown> = Promise.resolve()
          for (let i = 0; i < moment; i++) turn = turn.then(() => {})
          turn.then(() => controller.abort())
          yield request
        },
      })
      await plain.get('/x', { signal: controller.signal } as object).catch(() => {})
      expect(sentAfter).not.toContain(true)
    }
  })

  it('leaves no listener on a signal that lives on', async () => {
    const { signal, listeners } = counted()
    const flying = api.get('/x', { signal } as object)
    await until(() => scheme.renewals === 1)
    expect(listeners()).toBeGreaterThan(0)
    renewed('good')
    await flying
    await api.get('/y', { signal } as object)
    expect(listeners()).toBe(0)
  })

  it('leaves no subscriber on a cancel token that lives on', async () => {
    const { token } = loaded.axios.CancelToken.source()
    const flying = api.get('/x', { cancelToken: token })
    await until(() => scheme.renewals === 1)
    renewed('good')
    await flying
    expect((token as unknown as { _listeners?: unknown[] })._listeners ?? []).toEqual([])
  })

  it('offers no signal where nobody can give up', async () => {
    let signal: unknown = 'unread'
    const plain = loaded.axios.create({ baseURL: server.origin })
    loaded.attach(plain, {
      async *flow(request): AuthFlow {
        signal = request.signal
        request.setHeader('Authorization', 'Bearer good')
        yield request
      },
    })
    await plain.get('/x')
    expect(signal).toBeUndefined()
  })
})

it('says canceled with the native error where there is one', async () => {
  const { axios, attach } = loadWith('axios')
  const scheme = renewing('')
  scheme.renew = () => new Promise(() => {})
  const api = axios.create({ baseURL: 'https://api.example.com' })
  attach(api, scheme)
  const controller = new AbortController()
  const error = api.get('/x', { signal: controller.signal }).catch(error => error)
  await until(() => scheme.renewals === 1)
  controller.abort()
  expect(await error).toMatchObject({ name: 'CanceledError', code: 'ERR_CANCELED', config: { url: '/x' } })
  expect(await error).toBeInstanceOf(axios.CanceledError)
})
