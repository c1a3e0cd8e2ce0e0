import type { ServerMetadata } from '../server/call.js'
import type { State } from './session-state.js'

const originOf = (address: unknown) => /^[a-z]+:\/\/[^/?#]+/i.exec(`${address}`)?.[0]

/** What is known of the server before it is asked, or since. */
function serverOf({ options: { server }, metadata }: State): ServerMetadata | undefined {
  if (typeof server !== 'function') return server
  return server.issuer ? { issuer: server.issuer } : metadata
}

/** Whose token it is: where no issuer is known, the origin of the token endpoint stands for it. */
export const issuerOf = (state: State): string | undefined => {
  const server = serverOf(state)
  return server?.issuer ?? originOf(server?.token_endpoint)
}

/** True when `issuer`, which stands in a stored grant, is another server than the session's. */
export const isForeign = (state: State, issuer: string): boolean => {
  const ours = issuerOf(state)
  return !!ours && (serverOf(state)?.issuer ? issuer : originOf(issuer)) !== ours
}
