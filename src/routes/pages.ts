import { isOAuthError, type OAuthError } from '../errors.js'

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, one => `&#${one.charCodeAt(0)};`)

/** Headers of every response of the routes: not cached, not framed, no scripts. */
export const SAFE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; frame-ancestors 'none'; form-action 'none'; style-src 'unsafe-inline'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** The status for the outcome of a sign-in. */
function statusOf(error: OAuthError): number {
  if (isOAuthError(error, 'OAUTH_AUTHORIZATION_FAILED')) return 403
  const isOfServer = [
    'OAUTH_SERVER_UNAVAILABLE',
    'OAUTH_SERVER_REFUSED',
    'OAUTH_INVALID_RESPONSE',
    'OAUTH_DISCOVERY_FAILED',
  ]
  return isOfServer.includes(error.code) ? 502 : 400
}

/** A page for people: the reason, and a link to begin again. */
export function errorPage(error: OAuthError, again: string): Response {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not signed in</title>
<body style="font:1.1em/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em">
<h1>Not signed in</h1>
<p>${escapeHtml(error.message)}</p>
<p><a href="${escapeHtml(again)}">Sign in</a></p>
<p><small>${error.code}</small></p>
`
  return new Response(body, {
    status: statusOf(error),
    headers: { ...SAFE_HEADERS, 'Content-Type': 'text/html; charset=utf-8' },
  })
}

/** A response for programs. */
export const jsonAnswer = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { ...SAFE_HEADERS, 'Content-Type': 'application/json', ...headers },
  })
