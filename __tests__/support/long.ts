/**
 * Loads that take seconds run as a sample in `npm test` and as a whole in `npm run test:long`, which sets
 * this global variable through its Jest project.
 */
export const isLong = (globalThis as { LONG?: boolean }).LONG === true

/** The size of a load: `whole` in `npm run test:long`, `sample` in `npm test`. */
export const sized = <T>(sample: T, whole: T): T => (isLong ? whole : sample)
