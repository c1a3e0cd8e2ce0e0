import { join } from 'node:path'
import { api, type Consumer, consumer, legacy, root } from './consumer.js'

const compilers = {
  'TypeScript 4.9': join(legacy, 'typescript4/lib/tsc.js'),
  'TypeScript 6': join(root, 'node_modules/typescript/lib/tsc.js'),
  'TypeScript 7': join(root, 'node_modules/typescript7/lib/tsc.js'),
}
const resolutions: Record<string, { type: 'commonjs' | 'module'; options: Record<string, string> }> = {
  node10: {
    type: 'commonjs',
    options: { module: 'commonjs', moduleResolution: 'node', ignoreDeprecations: '6.0' },
  },
  'node16 (CommonJS)': { type: 'commonjs', options: { module: 'node16', moduleResolution: 'node16' } },
  'node16 (ESM)': { type: 'module', options: { module: 'node16', moduleResolution: 'node16' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
}
const versions = ['axios-0-21', 'axios-0-27', 'axios-1-2', 'axios']

/** Which of them a compiler knows: bundler came with 5.0, node10 went with 7.0. */
function knows(compiler: string, resolution: string): boolean {
  if (compiler === 'TypeScript 4.9') return resolution !== 'bundler'
  return compiler !== 'TypeScript 7' || resolution !== 'node10'
}
const cases = Object.keys(compilers).flatMap(compiler =>
  Object.keys(resolutions)
    .filter(resolution => knows(compiler, resolution))
    .map(resolution => [compiler, resolution] as const),
)

/**
 * Axios 0.x has one kind of types: an ES module that imports the default gets the namespace, as with any such
 * package.
 */
const create = (axios: string, resolution: string): string =>
  axios.startsWith('axios-0') && resolution === 'node16 (ESM)' ? 'axios.default.create()' : 'axios.create()'

let application: Consumer | undefined
afterEach(() => application?.remove())

describe.each(cases)('%s with %s resolution', (compiler, resolution) => {
  test.each(versions)('knows the option `oauth` of %s and every entry', async axios => {
    application = consumer(axios, ['redis-semaphore', 'proper-lockfile'])
    const { type, options } = resolutions[
      resolution as keyof typeof resolutions
    ] as (typeof resolutions)[string]
    const { ignoreDeprecations, ...common } = options
    const imports = Object.keys(api).map((name, index) => `import * as entry${index} from '${name}'`)
    application.write({
      'package.json': JSON.stringify({ type }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...common,
          ...(compiler === 'TypeScript 6' && ignoreDeprecations ? { ignoreDeprecations } : {}),
          target: 'es2020',
          lib: ['es2022', 'dom', 'dom.iterable'],
          types: [],
          strict: true,
          esModuleInterop: true,
          noEmit: true,
          skipLibCheck: false,
        },
        files: ['consumer.ts', 'wrong.ts'],
      }),
      'consumer.ts': `
        import axios from 'axios'
        ${imports.join('\n')}
        const api = ${create(axios, resolution)}
        entry0.attachOAuth2(api, entry0.createOAuth2Session({ grant: entry0.clientCredentialsGrant() }), { allowedOrigins: 'https://api.example.com' })
        export const answer = api.get('/x', { oauth: false })
        export const used = [${imports.map((_, index) => `entry${index}`).join(', ')}]`,
      'wrong.ts': `
        import axios from 'axios'
        import 'axios-oauth-interceptor'
        // @ts-expect-error the option is known, so a wrong value is an error
        ${create(axios, resolution)}.get('/x', { oauth: 'no' })`,
    })
    const tsc = compilers[compiler as keyof typeof compilers]
    expect(await application.run(process.execPath, tsc, '-p', '.')).toEqual({ status: 0, output: '' })
  })
})

test.each(['TypeScript 6', 'TypeScript 7'] as const)(
  '%s: a session may be declared with await using',
  async compiler => {
    application = consumer('axios')
    application.write({
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...resolutions.bundler?.options,
          lib: ['esnext', 'dom'],
          types: [],
          strict: true,
          noEmit: true,
        },
        files: ['consumer.ts'],
      }),
      'consumer.ts': `
      import { createOAuth1Session, createOAuth2Session, type OAuth1SessionOptions } from 'axios-oauth-interceptor'
      export async function work(options: OAuth1SessionOptions): Promise<void> {
        await using session = createOAuth2Session({ client: { client_id: 'app' } })
        await using legacy = createOAuth1Session(options)
        await Promise.all([session.authorized(), legacy.authorized()])
      }`,
    })
    expect(await application.run(process.execPath, compilers[compiler], '-p', '.')).toEqual({
      status: 0,
      output: '',
    })
  },
)
