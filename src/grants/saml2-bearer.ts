import type { Awaitable } from '../auth/scheme.js'
import { base64url } from '../lib/base64url.js'
import { checkNames } from '../lib/check-options.js'
import { utf8 } from '../lib/utf8.js'
import type { UnattendedGrant } from './grant.js'

/** Options of {@link saml2BearerGrant}. */
export interface Saml2BearerOptions {
  /**
   * One SAML 2.0 assertion, as XML or encoded (base64url or base64). A function is called for each token,
   * because an assertion lives only minutes.
   */
  assertion: string | (() => Awaitable<string>)
  scope?: string | readonly string[]
}

/** Turns the base64 of identity providers (MIME: padded, in lines) into base64url without padding. */
const unwrapped = (text: string) => text.replace(/[\s=]/g, '').replace(/\+/g, '-').replace(/\//g, '_')

/**
 * Exchanges a SAML 2.0 assertion for a token.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist; `OAUTH_SERVER_REFUSED`
 * (`invalid_grant`), `OAUTH_SERVER_UNAVAILABLE`
 * @see https://www.rfc-editor.org/rfc/rfc7522#section-2.1
 */
export function saml2BearerGrant(options: Saml2BearerOptions): UnattendedGrant {
  checkNames(options, { assertion: true, scope: true })
  const { assertion, scope } = options
  return async (endpoint, context) => {
    const text = (await (typeof assertion === 'function' ? assertion() : assertion)).trim()
    return endpoint({
      grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
      assertion: text[0] === '<' ? base64url(utf8(text)) : unwrapped(text),
      scope: context.scope ?? scope,
      resource: context.resource,
    })
  }
}
