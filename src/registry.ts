/**
 * A table of clients by name, for one person or for many.
 * @packageDocumentation
 */
export type { Environment } from './registry/environment.js'
export type {
  IsOAuth1,
  OAuth1Registration,
  OAuth2Registration,
  RegisteredApi,
  RegisteredClient,
  Registration,
} from './registry/registration.js'
export {
  createRegistry,
  type Registry,
  type RegistryEvent,
  type RegistryOptions,
  type RegistryTarget,
  type SessionOf,
} from './registry/registry.js'
