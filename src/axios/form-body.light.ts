import type * as full from './form-body.js'

/** A browser's forms are sent as often as needed. */
export const rememberForm: typeof full.rememberForm = () => undefined

/** See {@link rememberForm}. */
export const restoreForm: typeof full.restoreForm = () => false
