import type { optionPlaces as full } from './option-places.js'

/** The light build has no table of the names of other libraries. */
export const optionPlaces: typeof full = {}
