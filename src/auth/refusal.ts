import type { IncomingResponse } from './scheme.js'

/**
 * True for an answer that refuses the credential: by its status, or by the application's own
 * `isTokenExpired`.
 */
export const isRefusal = ({ authenticated, status, expired }: IncomingResponse): boolean =>
  authenticated && (status === 401 || !!expired)
