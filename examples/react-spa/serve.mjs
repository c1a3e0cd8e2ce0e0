// `node examples/react-spa/serve.mjs` bundles the page with esbuild and serves it; every path is the page, as
// its router wants it. Vite takes the same folder: index.html, src and the same names in .env. What it needs
// to know comes from the environment.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const { PORT = '5173' } = process.env
const settings = {
  VITE_AUTH_URL: process.env.VITE_AUTH_URL ?? 'https://auth.example.com',
  VITE_CLIENT_ID: process.env.VITE_CLIENT_ID ?? 'spa',
  VITE_ORDERS_URL: process.env.VITE_ORDERS_URL ?? 'https://orders.example.com',
  VITE_BILLING_URL: process.env.VITE_BILLING_URL ?? 'https://billing.example.com',
}

const { outputFiles } = await build({
  entryPoints: [join(folder, 'src/main.tsx')],
  bundle: true,
  write: false,
  format: 'esm',
  jsx: 'automatic',
  // the package's own sources in this repository
  tsconfig: join(folder, '../../tsconfig.test.json'),
  define: {
    'process.env.NODE_ENV': '"development"',
    ...Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    ),
    'import.meta.env': JSON.stringify(settings),
  },
})
const script = outputFiles[0].text
const page = readFileSync(join(folder, 'index.html'), 'utf8')

createServer((request, response) => {
  const isScript = request.url === '/src/main.tsx'
  response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
  response.end(isScript ? script : page)
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${PORT}\n`))
