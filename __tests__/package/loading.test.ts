import { api, type Consumer, consumer, nodes } from './consumer.js'

let application: Consumer
beforeAll(() => {
  application = consumer()
  const specifiers = JSON.stringify(Object.keys(api))
  application.write({
    'require.cjs': `
      const found = {}
      for (const name of ${specifiers}) found[name] = Object.keys(require(name)).filter(key => key !== '__esModule').sort()
      console.log(JSON.stringify(found))`,
    'import.mjs': `
      const found = {}
      for (const name of ${specifiers}) found[name] = Object.keys(await import(name)).sort()
      console.log(JSON.stringify(found))`,
  })
})
afterAll(() => application.remove())

const agreed = Object.fromEntries(Object.entries(api).map(([name, { values }]) => [name, [...values].sort()]))

describe.each(Object.entries(nodes))('%s', (_version, node) => {
  test.each(['require.cjs', 'import.mjs'])('%s finds every name of every entry', async file => {
    const { status, output } = await application.run(node, '--no-warnings', file)
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' })
    expect(JSON.parse(output)).toEqual(agreed)
  })

  test('require of jose from the package’s CommonJS build is never needed', async () => {
    application.write({
      'no-jose.cjs': `
        const Module = require('module')
        const load = Module._load
        Module._load = function (name, ...rest) {
          if (name === 'jose') throw new Error('required jose')
          return load.call(this, name, ...rest)
        }
        for (const name of ${JSON.stringify(Object.keys(api))}) require(name)`,
    })
    expect(await application.run(node, 'no-jose.cjs')).toEqual({ status: 0, output: '' })
  })
})
