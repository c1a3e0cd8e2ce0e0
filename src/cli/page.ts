import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'

/** The texts for the browser, by status; none of them contains anything from a request. */
const pages = {
  success: [200, 'Signed in', 'You can close this page and go back to the program.'],
  failure: [400, 'Not signed in', 'The sign-in failed. Go back to the program, which says why.'],
  foreign: [
    400,
    'Not signed in',
    'This is not the answer that the program waits for. Begin again in the program.',
  ],
  absent: [404, 'Nothing here', 'A program waits here for a sign-in.'],
} as const

/** The name of a page. */
export type PageName = keyof typeof pages

const style =
  'body{font:1.1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30rem;padding:0 1rem;color-scheme:light dark}'
const styleHash = createHash('sha256').update(style).digest('base64')

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  // The address of the page contains the code.
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
}

/** Sends a page; resolves when it has left, or when the connection is closed. */
export function sendPage(response: ServerResponse, name: PageName): Promise<void> {
  const [status, title, text] = pages[name]
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>${style}</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`
  return new Promise(resolve => {
    response.once('close', resolve)
    if (response.destroyed) return resolve()
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(html) }).end(html)
  })
}
