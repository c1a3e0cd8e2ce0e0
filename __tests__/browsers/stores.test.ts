import { inEveryBrowser } from './browsers.js'

inEveryBrowser(name => `stores and locks in ${name}`, 'share one grant between tabs, also when tabs crash', {
  program: 'run.mjs',
  total: name => name,
})
