import type { AxiosStatic } from 'axios'

/** The axios versions under test, by the names they are installed under, with what sets them apart. */
export interface AxiosVersion {
  name: string
  /** The package to require. */
  module: string
  has: {
    /** `config.signal`, from 0.22. */
    signal: boolean
    /** `adapter: 'fetch'`, from 1.7. */
    fetch: boolean
    /** `config.beforeRedirect`, from 0.27. */
    beforeRedirect: boolean
    /** Adapters by name, from 1.2. */
    namedAdapters: boolean
    /** `axios.getAdapter`, from 1.5. */
    getAdapter: boolean
    /** `axios.AxiosError`, from 0.27. */
    axiosError: boolean
    /** `AxiosHeaders`, from 1.0. */
    axiosHeaders: boolean
    /** `allowAbsoluteUrls`, from 1.8 and in 0.30. */
    allowAbsoluteUrls: boolean
  }
}

const none = {
  signal: false,
  fetch: false,
  beforeRedirect: false,
  namedAdapters: false,
  getAdapter: false,
  axiosError: false,
  axiosHeaders: false,
  allowAbsoluteUrls: false,
}
const v027 = { ...none, signal: true, beforeRedirect: true, axiosError: true }
const v12 = { ...v027, namedAdapters: true, axiosHeaders: true }
const v17 = { ...v12, fetch: true, getAdapter: true }

/** Every version that a release is tested on. */
export const axiosVersions: readonly AxiosVersion[] = [
  { name: '0.21.4', module: 'axios-0-21', has: none },
  { name: '0.27.2', module: 'axios-0-27', has: v027 },
  { name: '0.30.3', module: 'axios-0-30', has: { ...v027, allowAbsoluteUrls: true } },
  { name: '1.2.6', module: 'axios-1-2', has: v12 },
  { name: '1.7.9', module: 'axios-1-7', has: v17 },
  { name: '1.21.1', module: 'axios', has: { ...v17, allowAbsoluteUrls: true } },
]

/** The seam's modules, loaded with one version as the peer that they import. */
export interface Loaded {
  axios: AxiosStatic
  attach: typeof import('../../src/axios/attach.js').attach
  createInterceptors: typeof import('../../src/axios/attach.js').createInterceptors
  serverClient: typeof import('../../src/axios/server-client.js').serverClient
}

/**
 * Loads the seam as an application does whose `axios` is that version. With `application`, the application's
 * instances come from another copy than the package's own (ESM and CommonJS side by side, or a duplicate in
 * node_modules). The copies are those of no other call.
 */
export function loadAnew(peer: string, application = peer): Loaded {
  let loaded: Loaded | undefined
  jest.isolateModules(() => {
    jest.doMock('axios', () => jest.requireActual(peer))
    loaded = {
      // the newest is installed as `axios`, which would be the peer here
      axios: application === peer ? require('axios') : jest.requireActual(application),
      ...(require('../../src/axios/attach.js') as Pick<Loaded, 'attach' | 'createInterceptors'>),
      ...(require('../../src/axios/server-client.js') as Pick<Loaded, 'serverClient'>),
    }
    jest.dontMock('axios')
  })
  return loaded as Loaded
}

const known = new Map<string, Loaded>()

/**
 * The same copies for every test of a file, because loading them takes longer than most tests. A test that
 * changes the defaults of `axios` itself calls {@link loadAnew}.
 */
export function loadWith(peer: string, application = peer): Loaded {
  const name = `${peer} ${application}`
  const loaded = known.get(name) ?? loadAnew(peer, application)
  known.set(name, loaded)
  return loaded
}
