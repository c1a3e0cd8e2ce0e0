/** Workload identity: tokens of the platform, as grants and as client authentication. */

export { type ClientAssertionInput, clientAssertion } from './workload/client-assertion.js'
export { type ExecutableOptions, executableToken } from './workload/executable.js'
export { firstOf } from './workload/first-of.js'
export { type GithubActionsOptions, githubActionsToken } from './workload/github-actions.js'
export { sourceGrant } from './workload/grant.js'
export { type MetadataServerOptions, metadataServerToken } from './workload/metadata-server.js'
export {
  type Environment,
  environmentToken,
  type TokenText,
  tokenFile,
  type WorkloadToken,
} from './workload/text.js'
