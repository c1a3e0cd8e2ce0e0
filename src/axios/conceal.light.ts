import type * as full from './conceal.js'
import { hide } from './errors.js'

/** Browsers inspect nothing; JSON shows what is given in its place. */
export const conceal: typeof full.conceal = (target, shown) => {
  if (Object.isExtensible(target)) hide(target as object, 'toJSON', shown)
}

/** What browsers send with shows no header of its own. */
export const hideRequest: typeof full.hideRequest = holder => {
  const { request } = holder as { request?: object }
  if (request) hide(holder, 'request', request)
}
