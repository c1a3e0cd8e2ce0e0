import { inEveryBrowser } from './browsers.js'

inEveryBrowser(
  name => `examples/react-spa in ${name}`,
  'signs in with a click, and with a window, serves two APIs and two tabs, signs out everywhere',
  { program: 'spa.mjs', total: name => `spa in ${name}` },
)
