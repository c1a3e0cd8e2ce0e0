import { OAuthError } from '../../errors.js'
import type { TokenType } from './token-type.js'

const form = 'application/x-www-form-urlencoded'
const aliases = { auth_header: 'header', headers: 'header', uri: 'query', url: 'query' } as const

/** Where a bearer token goes; the longer list are the names that other libraries use. */
export type BearerPlacement = 'header' | 'query' | 'body' | keyof typeof aliases

/**
 * Bearer tokens. `placement`: the `Authorization` header (default), a form `body`, or the `query` – the last two only for
 * APIs that know nothing else: URLs end up in logs.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an unknown placement, and, before anything is sent, for a request whose body is no form
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2
 */
export function bearer({ placement = 'header' }: { placement?: BearerPlacement } = {}): TokenType {
  const place: string = aliases[placement as keyof typeof aliases] ?? placement
  if (!/^(header|query|body)$/.test(place))
    throw new OAuthError('OAUTH_INVALID_OPTION', `There is no placement ${place}: use header, query or body`)
  return {
    accepts: ['bearer'],
    boundToUrl: place !== 'header',
    synchronous: true,
    authorize(request, { access_token }) {
      if (place === 'header') return request.setHeader('Authorization', `Bearer ${access_token}`)
      const parameter = new URLSearchParams({ access_token }).toString()
      if (place === 'query') {
        const [, address, fragment] = /^([^#]*)(.*)$/s.exec(request.url) as unknown as [string, string, string]
        request.url = `${address}${/\?$|&$/.test(address) ? '' : address.includes('?') ? '&' : '?'}${parameter}${fragment}`
        return
      }
      const { data } = request
      const type = request.header('Content-Type')
      const text = data instanceof URLSearchParams ? data.toString() : (data ?? '')
      if (
        /^(GET|HEAD)$/.test(request.method) ||
        typeof text !== 'string' ||
        (type ? type.split(';')[0]?.trim().toLowerCase() !== form : text && text === data)
      )
        throw new OAuthError(
          'OAUTH_INVALID_OPTION',
          'Bearer placement body needs a request with a form body, and no GET',
        )
      request.data = text ? `${text}&${parameter}` : parameter
      if (!type) request.setHeader('Content-Type', form)
    },
  }
}
