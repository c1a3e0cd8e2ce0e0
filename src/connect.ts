/** From the address of an API to a session for it. */

export {
  type ConnectedResource,
  type ConnectOptions,
  connectResource,
  type RegistrationStore,
} from './connect/connect-resource.js'
