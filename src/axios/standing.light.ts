import type * as full from './standing.js'

/** The light build does not explain. */
export const explainers: typeof full.explainers = () => ({})
