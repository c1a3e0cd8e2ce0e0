/** One cell on Node, Bun or Deno: runs every case and prints the results as one line of JSON. */
import axios from 'axios'
import * as oauth from 'axios-oauth-interceptor'
import { cases } from './cases.js'
import { diagnosticsCases } from './diagnostics.js'
import { type Cell, runCell } from './world.js'

const [base = '', stranger = '', version = '', adapter = 'http', runtime = ''] = process.argv.slice(2)
const crypto = globalThis.crypto ?? ((await import('node:crypto')).webcrypto as Crypto)
const cell: Cell = {
  axios: (axios as { default?: unknown }).default ?? axios,
  oauth,
  base,
  stranger,
  version,
  adapter: adapter as Cell['adapter'],
  runtime,
  ...(globalThis.crypto === undefined && { crypto }),
}
console.log(JSON.stringify(await runCell(cell, [...cases, ...diagnosticsCases])))
process.exit(0)
