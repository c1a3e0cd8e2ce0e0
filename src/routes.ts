/**
 * Routes for signing in to the clients of a registry, for servers with `Request` and `Response`.
 * @packageDocumentation
 */
export type { PeopleIndex } from './routes/people.js'
export { createRoutes, type Routes } from './routes/routes.js'
export type { RoutesOptions, RoutesRegistry } from './routes/site.js'
