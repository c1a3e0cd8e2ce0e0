import { inEveryBrowser } from './browsers.js'

inEveryBrowser(
  name => `stores and locks in ${name}`,
  'share one grant between tabs, whatever happens to them',
  { program: 'run.mjs', total: name => name },
)
