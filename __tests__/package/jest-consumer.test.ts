import { join } from 'node:path'
import { api, type Consumer, consumer, legacy, root } from './consumer.js'

/**
 * Jest 27 ignores `exports`: it finds subpaths only as real folders, and axios 1.0 to 1.20 only as its users
 * help it to.
 */
const runners = {
  'Jest 27': join(legacy, 'jest27/bin/jest.js'),
  'Jest 30': join(root, 'node_modules/jest/bin/jest.js'),
}
const versions = ['axios-0-27', 'axios-1-7', 'axios']

const helped = (runner: string, axios: string): Record<string, string> =>
  runner === 'Jest 27' && axios === 'axios-1-7'
    ? { '^axios$': '<rootDir>/node_modules/axios/dist/node/axios.cjs' }
    : {}

let application: Consumer | undefined
afterEach(() => application?.remove())

describe.each(Object.entries(runners))('a test in CommonJS under %s', (name, jest) => {
  test.each(versions)('requires every entry beside %s', async axios => {
    application = consumer(axios)
    application.write({
      'package.json': JSON.stringify({
        name: 'consumer',
        version: '1.0.0',
        jest: { testEnvironment: 'node', transform: {}, moduleNameMapper: helped(name, axios) },
      }),
      'consumer.test.js': Object.entries(api)
        .map(
          ([entry, { values }]) => `
            test(${JSON.stringify(entry)}, () => {
              expect(Object.keys(require(${JSON.stringify(entry)})).filter(key => key !== '__esModule').sort())
                .toEqual(${JSON.stringify([...values].sort())})
            })`,
        )
        .join('\n'),
    })
    const { status, output } = await application.run(
      process.execPath,
      jest,
      '--rootDir',
      application.folder,
      '--no-cache',
    )
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
    expect(output).toContain(`${Object.keys(api).length} passed`)
  })
})
