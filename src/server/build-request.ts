import { callEndpoint } from './call.js'
import type {
  EndpointContext,
  EndpointName,
  ServerCallOptions,
  ServerParameters,
  ServerRequest,
} from './messages.js'

/**
 * The request that {@link callEndpoint} would send: URL, headers and form body, after client authentication
 * and hooks. Send it as you like, without following redirects, and give the answer to its processor.
 * @throws OAuthError `OAUTH_ENDPOINT_MISSING`, `OAUTH_INSECURE_URL`, `OAUTH_HOOK_FAILED`, and what client
 * authentication throws
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export const buildServerRequest = (
  context: EndpointContext,
  endpoint: EndpointName,
  parameters: ServerParameters,
  options?: ServerCallOptions,
): Promise<ServerRequest> =>
  new Promise((resolve, reject) => {
    // what comes after sending is never reached: the call ends, unsent, with its request in our hands
    const send = (request: ServerRequest) => {
      resolve(request)
      return new Promise<never>(() => {})
    }
    callEndpoint({ ...context, send }, endpoint, parameters, options).catch(reject)
  })
