import type * as full from './explain.js'

/** The light build needs no more of them. */
export const makeRules: typeof full.makeRules = (instance, _rule, _options, _isTaken, locate) =>
  ({ instance, locate }) as full.Rules

/**
 * The light build says whether, and leaves why to the full build, which the condition `development` takes.
 */
export const explainRequest: typeof full.explainRequest = (rules, config, isAttached = true) => ({
  attached: isAttached && !!rules.locate({ baseURL: rules.instance?.defaults.baseURL as string, ...config }),
  message: 'The light build does not say why.',
})

/** Nor does it keep the reason of a failure. */
export const rememberFailure: typeof full.rememberFailure = () => {}
