/**
 * What docs/compatibility.md lists beside the matrix. `tests` finds the tests of a row by their file and full
 * name; `versions` are packages in lock files.
 */
const [apart, old] = ['tools/consumers', 'tools/legacy']

const bundler = (
  name,
  versions,
  what = 'bundles an application that renews a token, beside two releases of axios',
) => ({
  name,
  versions: versions.map(one => (one.includes('#') ? one : `${apart}#${one}`)),
  tests: ['consumers/bundlers', new RegExp(`^beside \\S+ ${name.replace(/[.*+?()]/g, '\\$&')} bundles`)],
  what,
})
const manager = (name, versions) => ({
  name,
  versions: versions.map(one => `${apart}#${one}`),
  tests: ['consumers/managers', new RegExp(`^${name} installs`)],
  what: 'installs the tarball; it is required and imported',
})
const runner = (name, place, tests) => ({
  name,
  versions: [place],
  tests: ['package/', tests],
  what: 'runs the tests of an application, with faked timers, from the packed package',
})
const compiler = (name, place, tests, resolutions) => ({
  name,
  versions: [place],
  tests: ['/types', tests],
  what: `compiles every entry with ${resolutions}`,
})

const consumers = [
  {
    name: 'webpack 4',
    versions: [`${old}#webpack4`],
    tests: ['package/', /webpack 4/],
    what: 'bundles every entry; a bundle fetches, retries and renews',
  },
  bundler('webpack 5', ['webpack']),
  bundler('Rspack', ['@rspack/core']),
  bundler('Rollup', ['rollup']),
  bundler('Vite', ['vite']),
  bundler('esbuild for es2022', ['.#esbuild']),
  bundler('esbuild for es2015', ['.#esbuild']),
  bundler('Parcel', ['parcel']),
  bundler('Metro', ['metro']),
  bundler('Babel preset-env without targets, then webpack 5', ['@babel/core', '@babel/preset-env']),
  { ...manager('npm', []), versions: ['#npm'] },
  manager('pnpm', ['pnpm']),
  manager('yarn 1', ['yarn']),
  manager('yarn 4 with PnP', ['@yarnpkg/cli-dist']),
  manager('yarn 4 with node_modules', ['@yarnpkg/cli-dist']),
  runner('Jest 27', `${old}#jest27`, /Jest 27/),
  runner('Jest 28', `${old}#jest28`, /Jest 28/),
  runner('Jest 29', `${old}#jest29`, /Jest 29/),
  runner('Jest 30', '.#jest', /Jest 30/),
  runner('Vitest', `${old}#vitest`, /Vitest/),
  compiler('TypeScript 4.9', `${old}#typescript4`, /TypeScript 4\.9/, 'node, node16 (CommonJS and ESM)'),
  compiler(
    'TypeScript 5.0',
    `${apart}#typescript50`,
    /TypeScript 5\.0/,
    'nodenext, bundler; with and without "dom"',
  ),
  compiler(
    'TypeScript 5.9',
    `${apart}#typescript59`,
    /TypeScript 5\.9/,
    'nodenext, bundler; with and without "dom"',
  ),
  compiler(
    'TypeScript 6',
    '.#typescript',
    /TypeScript 6/,
    'node, node16, nodenext, bundler; with and without "dom"',
  ),
  compiler(
    'TypeScript 7',
    '.#typescript7',
    /TypeScript 7/,
    'node16, nodenext, bundler; with and without "dom"',
  ),
  {
    name: 'a `<script>` after that of axios',
    versions: ['.#axios'],
    tests: ['package/script', /<script>/],
    what: 'defines `AxiosOAuth` with every name of the root',
  },
]

const BOTH = 'attached before and after, on several releases of axios'
const beside = (name, versions, tests, what = BOTH) => ({
  name,
  versions: versions.map(one => `.#${one}`),
  tests,
  what,
})
const neighbours = [
  beside('axios-retry 3', ['axios-retry-3'], ['axios/interop', /axios-retry 3/]),
  beside('axios-retry 4', ['axios-retry'], ['axios/interop', /axios-retry 4/]),
  beside(
    'axios-cache-interceptor',
    ['axios-cache-interceptor'],
    ['axios/', /axios-cache-interceptor/],
    'attached before and after, on the newest axios',
  ),
  beside('axios-mock-adapter', ['axios-mock-adapter'], ['axios/neighbours', /axios-mock-adapter/]),
  beside('msw', ['msw'], ['axios/neighbours', /msw/]),
  beside('nock', ['nock'], ['axios/neighbours', /nock/], 'answers both sends, on three releases of axios'),
  beside('axios-rate-limit', ['axios-rate-limit'], ['axios/neighbours', /axios-rate-limit/]),
  beside('a queue of one request at a time', ['axios'], ['axios/neighbours', /queue of one/]),
  beside('axios-logger', ['axios-logger'], ['axios/neighbours', /axios-logger/]),
  beside(
    'axios-auth-refresh',
    ['axios-auth-refresh'],
    ['axios/neighbours', /axios-auth-refresh/],
    'attached before and after, on two releases of axios',
  ),
  beside('isRefreshing and failedQueue, by hand', ['axios'], ['axios/neighbours', /failedQueue/]),
  beside('a 401 → login handler', ['axios'], ['axios/neighbours', /login handler/]),
]

export const kinds = {
  consumers: {
    title: 'Consumers',
    head: 'consumer',
    atLeast: 16,
    words: [
      'From `npm run test:consumers`: applications that install, bundle, compile, test or load the packed package.',
    ],
    rows: consumers,
  },
  neighbours: {
    title: 'Neighbours',
    head: 'neighbour',
    atLeast: 10,
    words: [
      'From `npm run test:neighbours`: other plugins on the same axios instance. The tests demand one renewal for all requests, no request',
      'that hangs, and no 401 for the plugin after a successful renewal.',
    ],
    rows: neighbours,
  },
}
