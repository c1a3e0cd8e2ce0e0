import type { texts as full } from './error-texts.js'

/**
 * The light build has no texts: a message is the code, the reason and the values; `docs/errors.md` explains
 * the codes.
 */
export const texts = {} as typeof full
