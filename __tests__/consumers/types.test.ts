/**
 * Declarations without the library "dom", as servers compile them, and with the compilers between the oldest
 * and the newest.
 */
import { join } from 'node:path'
import { api, type Consumer, consumer, root } from '../package/consumer.js'

const tools = join(root, 'tools/consumers/node_modules')
const compilers = {
  'TypeScript 5.0': join(tools, 'typescript50/lib/tsc.js'),
  'TypeScript 5.9': join(tools, 'typescript59/lib/tsc.js'),
  'TypeScript 6': join(root, 'node_modules/typescript/lib/tsc.js'),
  'TypeScript 7': join(root, 'node_modules/typescript7/lib/tsc.js'),
}
const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}
const libraries = { dom: ['es2022', 'dom', 'dom.iterable'], 'no dom': ['es2022'] }

let application: Consumer | undefined
afterEach(() => application?.remove())

const cases = Object.keys(compilers).flatMap(compiler =>
  Object.keys(resolutions).flatMap(resolution =>
    Object.keys(libraries).map(lib => [compiler, resolution, lib] as const),
  ),
)

test.each(cases)('%s, %s, %s', async (compiler, resolution, lib) => {
  application = consumer('axios', ['redis-semaphore', 'proper-lockfile', '@types/node', 'undici-types'])
  const imports = Object.keys(api).map((name, index) => `import * as entry${index} from '${name}'`)
  application.write({
    'package.json': JSON.stringify({ type: 'module' }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...resolutions[resolution as keyof typeof resolutions],
        target: 'es2022',
        lib: libraries[lib as keyof typeof libraries],
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
      },
      files: ['consumer.ts'],
    }),
    'consumer.ts': `
      import axios from 'axios'
      ${imports.join('\n')}
      const session = entry0.createOAuth2Session({ grant: entry0.clientCredentialsGrant() })
      entry0.attachOAuth2(axios.create(), session, { allowedOrigins: 'https://api.example.com' })
      export const used = [${imports.map((_, index) => `entry${index}`).join(', ')}]`,
  })
  const tsc = compilers[compiler as keyof typeof compilers]
  const { status, output } = await application.run(process.execPath, tsc, '-p', '.')
  // what declarations of others lack is theirs
  const ours = output
    .split('\n')
    .filter(line => line.startsWith('node_modules/axios-oauth-interceptor') || line.startsWith('consumer.ts'))
  expect(ours).toEqual([])
  if (lib === 'dom') expect({ status, output }).toEqual({ status: 0, output: '' })
})
