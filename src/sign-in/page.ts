/** The parameters of an authorization response, which must not stay in the browser's history. */
const PARAMETERS = [
  ...['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state', 'response'],
  ...[
    'id_token',
    'access_token',
    'token_type',
    'expires_in',
    'scope',
    'oauth_token',
    'oauth_verifier',
    'denied',
  ],
]

const isResponse = (parameters: URLSearchParams) =>
  (parameters.has('state') &&
    ['code', 'error', 'access_token', 'id_token'].some(name => parameters.has(name))) ||
  parameters.has('response') ||
  (parameters.has('oauth_token') && parameters.has('oauth_verifier'))

/**
 * The query and the fragment of an address, and the start of the parameters in the fragment
 * (`#/route?code=…`, `#/route#code=…`, `#/code=…`).
 */
function partsOf(address: string) {
  const [before = '', ...rest] = address.split('#')
  const fragment = rest.join('#')
  const query = before.includes('?') ? before.slice(before.indexOf('?') + 1) : ''
  const route = /^[^=]*[?#/]/.exec(fragment)?.[0] ?? ''
  return { before, query, fragment, route, inFragment: fragment.slice(route.length) }
}

/**
 * True if an address holds an authorization response, in its query or its fragment. Default: the address of
 * the page.
 * @example
 * if (isCallback()) await handleCallback(session)
 */
export function isCallback(address: string | URL = location.href): boolean {
  const { query, inFragment } = partsOf(`${address}`)
  return isResponse(new URLSearchParams(query)) || isResponse(new URLSearchParams(inFragment))
}

function without(text: string): string {
  const parameters = new URLSearchParams(text)
  if (!isResponse(parameters)) return text
  for (const name of PARAMETERS) parameters.delete(name)
  return `${parameters}`
}

/** An address without the authorization response. */
export function withoutResponse(address: string): string {
  const { before, query, fragment, route, inFragment } = partsOf(address)
  const left = without(query)
  const place = before.split('?')[0] + (left && `?${left}`)
  const cleaned = without(inFragment)
  if (cleaned === inFragment) return place + (fragment && `#${fragment}`)
  const kept = cleaned ? route + cleaned : route.slice(0, -1)
  return place + (kept && `#${kept}`)
}
