import type * as full from './redirects.js'
import { pageUrl } from './url.js'

/**
 * In browsers the platform follows redirects, and drops `Authorization` on the way to another origin.
 * Wherever else this build runs nothing is followed, so that no credential goes where it must not.
 */
export const guardRedirects: typeof full.guardRedirects = (_, sent) => {
  if (pageUrl()) return
  sent.maxRedirects = 0
  sent.fetchOptions = { ...(sent.fetchOptions as object), redirect: 'manual' }
}

/** See {@link guardRedirects}. */
export const followRedirect: typeof full.followRedirect = () => undefined
