import type { texts as full } from './error-texts.js'

/**
 * The light build carries no texts: a message is the code, the reason and the values; `docs/errors.md` has
 * the rest.
 */
export const texts = {} as typeof full
