import { base64 } from '../../lib/base64url.js'
import { formEncode } from '../../lib/form.js'
import { utf8 } from '../../lib/utf8.js'
import type { ClientAuth } from '../endpoint.js'

/**
 * HTTP Basic with `client_id` and `client_secret`, each form-encoded first, as the RFC wants it; `encoding: 'raw'` is for
 * servers that want them as they are (as UTF-8). An `Authorization` header given for one call wins.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientSecretBasic({ encoding }: { encoding?: 'form' | 'raw' } = {}): ClientAuth {
  const encode = encoding === 'raw' ? (text: string) => text : formEncode
  return ({ headers }, { client }) => {
    headers.Authorization ??= `Basic ${base64(utf8(`${encode(client.client_id)}:${encode(client.client_secret ?? '')}`))}`
  }
}
