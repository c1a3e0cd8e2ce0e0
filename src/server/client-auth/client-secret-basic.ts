import { formEncode } from '../../lib/form.js'
import type { ClientAuth } from '../messages.js'

/** Each byte of the UTF-8 text as one character, which is what `btoa` takes. */
const bytes = (text: string) =>
  formEncode(text).replace(/%..|\+/g, unit =>
    unit === '+' ? ' ' : String.fromCharCode(+unit.replace('%', '0x')),
  )

/**
 * HTTP Basic with `client_id` and `client_secret`, each form-encoded first, as the RFC wants it;
 * `encoding: 'raw'` is for servers that want them as they are (as UTF-8). An `Authorization` header given for
 * one call wins.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientSecretBasic({ encoding }: { encoding?: 'form' | 'raw' } = {}): ClientAuth {
  const encode = encoding === 'raw' ? bytes : formEncode
  return ({ headers }, { client }) => {
    if (Object.keys(headers).some(name => /^authorization$/i.test(name))) return
    headers.Authorization = `Basic ${btoa(`${encode(client.client_id)}:${encode(client.client_secret ?? '')}`)}`
  }
}
