/** Creates a session from the address of an API. */

export {
  type ConnectedResource,
  type ConnectOptions,
  connectResource,
  type RegistrationStore,
} from './connect/connect-resource.js'
