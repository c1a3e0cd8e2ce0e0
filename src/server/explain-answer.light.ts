import type * as full from './explain-answer.js'

/** The light build does not explain a missing token; development does. */
export const missingToken: typeof full.missingToken = () => undefined

export const plainWords: typeof full.plainWords = () => ''
