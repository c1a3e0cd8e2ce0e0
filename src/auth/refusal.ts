import type { IncomingResponse } from './scheme.js'

/**
 * True for an answer that says that the credential was refused: by its status, or by what the application's
 * own `isTokenExpired` said.
 */
export const isRefusal = ({ authenticated, status, expired }: IncomingResponse): boolean =>
  authenticated && (status === 401 || !!expired)
