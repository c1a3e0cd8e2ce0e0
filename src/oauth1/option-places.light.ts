import type { optionPlaces as full } from './option-places.js'

/** The light build knows the names of other libraries no better than any unknown one. */
export const optionPlaces: typeof full = {}
