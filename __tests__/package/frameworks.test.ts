import { join } from 'node:path'
import { type Consumer, consumer, frameworkApi, frameworks, nodes, root } from './consumer.js'

/** What an application writes with each, as its compiler sees it. */
const uses: Record<string, string> = {
  'axios-oauth-interceptor/angular': `
    import type { Signal } from '@angular/core'
    import { toSessionSignal } from 'axios-oauth-interceptor/angular'
    export const current: Signal<{ status: string }> = toSessionSignal(session)
    // @ts-expect-error a signal that nobody writes to
    current.set({ status: 'signed-in' })`,
  'axios-oauth-interceptor/react': `
    import { createElement } from 'react'
    import { RequireSession, useSession } from 'axios-oauth-interceptor/react'
    export const page = createElement(RequireSession, { session, fallback: { unknown: 'wait' } }, useSession(session).status)
    // @ts-expect-error whoever is signed in needs no fallback
    createElement(RequireSession, { session, fallback: { 'signed-in': 'wait' } })`,
  'axios-oauth-interceptor/vue': `
    import { computed } from 'vue'
    import { useSession } from 'axios-oauth-interceptor/vue'
    const current = useSession(session)
    export const status = computed(() => current.value.status)
    // @ts-expect-error a ref that nobody writes to
    current.value = { status: 'signed-in' }`,
}
const compilers = {
  'TypeScript 6': join(root, 'node_modules/typescript/lib/tsc.js'),
  'TypeScript 7': join(root, 'node_modules/typescript7/lib/tsc.js'),
}

let application: Consumer | undefined
afterEach(() => application?.remove())

describe.each(Object.entries(frameworks))('%s', (entry, installed) => {
  const names = [...(frameworkApi[entry]?.values ?? [])].sort()

  test.each(Object.keys(compilers))('types an application of the framework with %s', async compiler => {
    application = consumer('axios', installed)
    application.write({
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...{
            module: 'esnext',
            moduleResolution: 'bundler',
            target: 'es2022',
            lib: ['es2022', 'dom', 'dom.iterable'],
          },
          ...{ types: [], strict: true, noEmit: true, skipLibCheck: false },
        },
        files: ['consumer.ts'],
      }),
      'consumer.ts': `
        import type { OAuth2Session } from 'axios-oauth-interceptor'
        declare const session: OAuth2Session
        ${uses[entry]}`,
    })
    const tsc = compilers[compiler as keyof typeof compilers]
    const { output } = await application.run(process.execPath, tsc, '-p', '.')
    // what declarations of others lack is theirs
    const ours = output
      .split('\n')
      .filter(line => /^(node_modules\/axios-oauth-interceptor|consumer\.ts|error)/.test(line))
    expect(ours).toEqual([])
  })

  // these two are the Node that the framework itself runs in
  const [, ...newer] = Object.entries(nodes)
  test.each(newer)('is found beside the framework by %s', async (_version, node) => {
    application = consumer('axios', installed)
    application.write({
      'import.mjs': `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`,
      'require.cjs': `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`,
    })
    for (const file of ['import.mjs', 'require.cjs']) {
      const { status, output } = await application.run(node, '--no-warnings', file)
      expect({ status, names: status === 0 ? JSON.parse(output) : output }).toEqual({ status: 0, names })
    }
  })

  test('says which package is missing where the framework is not installed', async () => {
    application = consumer()
    application.write({ 'import.mjs': `await import('${entry}')` })
    const { status, output } = await application.run(process.execPath, 'import.mjs')
    expect(status).toBe(1)
    expect(output).toContain(`Cannot find package '${installed[0]}'`)
  })
})
