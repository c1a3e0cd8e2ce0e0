import { join } from 'node:path'
import { api, type Consumer, consumer, legacy } from './consumer.js'

const runner = (target: 'web' | 'node', entry: string): string => `
  const webpack = require(${JSON.stringify(join(legacy, 'webpack4'))})
  webpack({
    mode: 'production', target: '${target}', entry: './${entry}', context: __dirname,
    output: { path: __dirname + '/out', filename: 'bundle.js' }, performance: { hints: false },
  }, (error, stats) => {
    const found = error ? [String(error)] : stats.compilation.errors.map(String)
    console.log(found.join('\\n'))
    process.exitCode = found.length ? 1 : 0
  })`

let application: Consumer | undefined
afterEach(() => application?.remove())

/** Webpack 4 knows neither \`exports\` nor \`node:\` nor \`?.\`: what it bundles, any old bundler does. */
describe.each(['axios-0-27', 'axios-1-7'])('webpack 4 beside %s', axios => {
  // files and programs of a machine are no page's
  const forBrowsers = Object.entries(api).filter(
    ([name]) => !/\/((stores|locks)\/file|routes\/node|workload|cli)$/.test(name),
  )

  test('bundles every entry for a page, and the bundle runs', async () => {
    application = consumer(axios, ['redis-semaphore', 'proper-lockfile'])
    application.write({
      'webpack.cjs': runner('web', 'entry.js'),
      'entry.js': `module.exports = {}; ${forBrowsers.map(([name]) => `module.exports[${JSON.stringify(name)}] = Object.keys(require(${JSON.stringify(name)}));`).join('\n')}
        globalThis.report(module.exports)`,
      'run.cjs': `globalThis.report = found => console.log(JSON.stringify(found)); require('./out/bundle.js')`,
    })
    const built = await application.run(process.execPath, '--openssl-legacy-provider', 'webpack.cjs')
    expect(built).toEqual({ status: 0, output: '\n' })
    const ran = await application.run(process.execPath, 'run.cjs')
    expect({ status: ran.status, output: ran.status === 0 ? '' : ran.output }).toEqual({
      status: 0,
      output: '',
    })
    const found: Record<string, string[]> = JSON.parse(ran.output)
    for (const [name, { values }] of forBrowsers) expect(found[name]).toEqual(expect.arrayContaining(values))
  })
})
