/** Creates a session from the address of an API, and chooses the client for a server. */

export {
  type ClientChoice,
  type ConnectedResource,
  type ConnectOptions,
  chooseClient,
  connectResource,
  type RegistrationStore,
} from './connect/connect-resource.js'
