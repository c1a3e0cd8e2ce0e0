import type { ClientAuth } from '../messages.js'

const none: ClientAuth = ({ body }, { client }) => {
  if (client.client_id && !body.has('client_id')) body.set('client_id', client.client_id)
}

/**
 * A public client: sends `client_id` without proof. It always returns the same function.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2.1
 */
export const noClientAuth = (): ClientAuth => none
