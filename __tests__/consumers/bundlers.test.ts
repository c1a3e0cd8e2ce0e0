/**
 * Bundlers and transpilers of users: each bundles the same small application from the packed package, and the
 * bundle renews a token.
 */
import { join } from 'node:path'
import { type Consumer, consumer, root } from '../package/consumer.js'

const tools = join(root, 'tools/consumers/node_modules')
const tool = (name: string) => JSON.stringify(join(tools, name))

/**
 * A 401, one renewal, the same request again; and something of two other entries, so that their files are
 * bundled too.
 */
const application = `
  import axios from 'axios'
  import { attachOAuth2, createOAuth2Session, saveToken } from 'axios-oauth-interceptor'
  import { dpop } from 'axios-oauth-interceptor/dpop'
  import { privateKeyJwt } from 'axios-oauth-interceptor/jwt'

  const sent = []
  const adapter = async config => {
    const header = String(config.headers.get ? config.headers.get('Authorization') : config.headers.Authorization)
    sent.push(config.url.includes('/token') ? 'token' : header)
    const answer = (status, data) => {
      const response = { status, statusText: '', headers: {}, config, request: {}, data: JSON.stringify(data) }
      if (status < 400) return response
      throw Object.assign(new Error(String(status)), { isAxiosError: true, config, response })
    }
    if (config.url.includes('/token')) return answer(200, { access_token: 'new', token_type: 'Bearer' })
    return header === 'Bearer new' ? answer(200, { ok: true }) : answer(401, {})
  }
  const api = axios.create({ baseURL: 'https://api.example.com', adapter })
  const session = createOAuth2Session({
    server: { token_endpoint: 'https://auth.example.com/token' },
    client: { client_id: 'app' },
  })
  attachOAuth2(api, session)
  saveToken(session, { access_token: 'old', refresh_token: 'rt' })
    .then(() => api.get('/me'))
    .then(({ status }) => globalThis.report([status, ...sent, typeof dpop, typeof privateKeyJwt].join(' ')))
    .catch(error => globalThis.report(String(error && error.stack)))
`
const expected = '200 Bearer old token Bearer new function function'
const run = `globalThis.report = text => { console.log(text); process.exit(0) }; require('./out/bundle.js')`

/** Each is a script that writes out/bundle.js. */
const bundlers: Record<string, string> = {
  'webpack 5': `
    const config = { mode: 'production', target: 'web', entry: './entry.js', context: __dirname, output: { path: __dirname + '/out', filename: 'bundle.js' } }
    require(${tool('webpack')})(config, finished)`,
  Rspack: `
    const config = { mode: 'production', target: 'web', entry: './entry.js', context: __dirname, output: { path: __dirname + '/out', filename: 'bundle.js' } }
    import(${tool('@rspack/core/dist/index.js')}).then(({ rspack }) => rspack(config, finished)).catch(finished)`,
  Rollup: `
    const { rollup } = require(${tool('rollup')})
    const resolve = require(${tool('@rollup/plugin-node-resolve')})
    const commonjs = require(${tool('@rollup/plugin-commonjs')})
    const plugins = [(resolve.default || resolve)({ browser: true }), (commonjs.default || commonjs)()]
    rollup({ input: 'entry.js', plugins, onwarn: warning => { throw new Error(warning.message) } })
      .then(bundle => bundle.write({ file: 'out/bundle.js', format: 'cjs', inlineDynamicImports: true }))
      .then(() => finished(), finished)`,
  Vite: `
    import(${tool('vite/dist/node/index.js')})
      .then(({ build }) => build({
        root: __dirname, logLevel: 'warn',
        build: { outDir: 'out', lib: { entry: 'entry.js', formats: ['cjs'], fileName: () => 'bundle.js' } },
      }))
      .then(() => finished(), finished)`,
  ...Object.fromEntries(
    ['es2022', 'es2015'].map(target => [
      `esbuild for ${target}`,
      `require(${JSON.stringify(join(root, 'node_modules/esbuild'))})
        .build({ entryPoints: ['entry.js'], bundle: true, outfile: 'out/bundle.js', target: '${target}', platform: 'browser', logLevel: 'silent' })
        .then(({ warnings }) => finished(warnings[0] && new Error(warnings[0].text)), finished)`,
    ]),
  ),
  Parcel: `
    const { Parcel } = require(${tool('@parcel/core')})
    new Parcel({
      entries: 'entry.js', defaultConfig: ${tool('@parcel/config-default')}, mode: 'production', shouldDisableCache: true,
      targets: { main: { distDir: 'out', distEntry: 'bundle.js', context: 'browser', outputFormat: 'global', includeNodeModules: true } },
    }).run().then(() => finished(), finished)`,
  // Metro watches folders and does not follow links out of them, so what is linked is copied first
  Metro: `
    const fs = require('node:fs')
    for (const name of ['axios', 'axios-retry', 'is-retry-allowed', 'jose']) {
      const from = fs.realpathSync('node_modules/' + name)
      fs.rmSync('node_modules/' + name)
      fs.cpSync(from, 'node_modules/' + name, { recursive: true, dereference: true, filter: path => !path.slice(from.length).includes('node_modules') })
    }
    fs.cpSync(${tool('@babel/runtime')}, 'node_modules/@babel/runtime', { recursive: true })
    fs.mkdirSync('out')
    const Metro = require(${tool('metro')})
    const own = {
      projectRoot: __dirname, watchFolders: [__dirname, ${JSON.stringify(tools)}], reporter: { update() {} },
      resolver: { nodeModulesPaths: [${JSON.stringify(tools)}], unstable_enablePackageExports: true, unstable_conditionNames: ['require', 'react-native'] },
      transformer: { babelTransformerPath: ${tool('metro-babel-transformer')}, getTransformOptions: async () => ({ transform: { experimentalImportSupport: true, inlineRequires: false } }) },
    }
    Metro.loadConfig({ cwd: __dirname }, own)
      .then(loaded => Metro.runBuild(loaded, { entry: 'entry.js', out: 'out/bundle.js', dev: false, minify: false }))
      .then(() => finished(), finished)`,
  'Babel preset-env without targets, then webpack 5': `
    const rule = {
      test: /\\.(c|m)?js$/, type: 'javascript/auto', resolve: { fullySpecified: false },
      use: __dirname + '/babel-loader.cjs',
    }
    const config = { mode: 'production', target: ['web', 'es5'], entry: './entry.js', context: __dirname, module: { rules: [rule] }, output: { path: __dirname + '/out', filename: 'bundle.js' } }
    require(${tool('webpack')})(config, finished)`,
}

const babelLoader = `
  const { transformSync } = require(${tool('@babel/core')})
  module.exports = function (source) {
    const presets = [[${tool('@babel/preset-env')}, { modules: false }]]
    return transformSync(source, { presets, filename: this.resourcePath, sourceType: 'unambiguous', configFile: false, babelrc: false, compact: false }).code
  }`

const finished = `
  const finished = (error, stats) => {
    const found = error ? [String(error.stack || error)] : stats && stats.hasErrors() ? [stats.toString('errors-only')] : []
    for (const text of found) console.log(text)
    process.exitCode = found.length ? 1 : 0
  }`

/** Axios 0.27 mentions `Buffer`, for which Parcel asks the application to install a package. */
const alias = { buffer: false }

let made: Consumer | undefined
afterEach(() => made?.remove())

describe.each(['axios', 'axios-0-27'])('beside %s', axios => {
  test.each(Object.keys(bundlers))('%s bundles an application that renews a token', async name => {
    made = consumer(axios)
    made.write({
      'package.json': JSON.stringify({ alias }),
      'entry.js': application,
      'bundle.cjs': `${finished}\n${bundlers[name]}`,
      'babel-loader.cjs': babelLoader,
      'run.cjs': run,
    })
    const built = await made.run(process.execPath, 'bundle.cjs')
    expect({ status: built.status, output: built.status === 0 ? '' : built.output }).toEqual({
      status: 0,
      output: '',
    })
    const { output } = await made.run(process.execPath, 'run.cjs')
    expect(output.trim()).toBe(expected)
  })
})
