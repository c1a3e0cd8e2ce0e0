import type { ClientAuth } from '../messages.js'

/**
 * `client_id` and `client_secret` as parameters of the message; an empty secret if the client has none.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export const clientSecretPost =
  (): ClientAuth =>
  ({ body }, { client }) => {
    body.set('client_id', client.client_id)
    body.set('client_secret', client.client_secret ?? '')
  }
