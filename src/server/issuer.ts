/** Where a directory for many tenants (Microsoft) publishes one issuer for all of them. */
const TENANT = '{tenantid}'

/** What stands in a template's place of the tenant; `undefined` when the issuer is not of that form. */
function tenantOf(template: string, issuer: string): string | undefined {
  const [before = '', after, ...more] = template.split(TENANT)
  if (after === undefined || more.length || !/^https:\/\/[^/]+\//.test(before)) return undefined
  const tenant = issuer.slice(before.length, issuer.length - after.length)
  return issuer === before + tenant + after && /^[\w.-]+$/.test(tenant) ? tenant : undefined
}

/**
 * True when a document publishes the issuer that was asked for. A template
 * (`https://login.example.com/{tenantid}/v2.0`) is the document of an address for many tenants; a single
 * tenant's must name that tenant.
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 */
export const isIssuer = (published: string, issuer: string): boolean =>
  published === issuer || /^(common|organizations)$/.test(tenantOf(published, issuer) ?? '')

/**
 * True when the claims of a JWT come from the published issuer; under a template the tenant is the one that
 * the claim `tid` names.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export function isIssuedBy(published: string, { iss, tid }: Record<string, unknown>): boolean {
  if (typeof iss !== 'string' || iss === published) return iss === published
  return typeof tid === 'string' && tenantOf(published, iss) === tid
}

/**
 * The issuer whose metadata document has this address; `undefined` where the address is none of a document.
 */
export function issuerOfDocument(address: string): string | undefined {
  const [, origin, before, after] =
    /^(https?:\/\/[^/]+)(.*)\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(\/.*)?$/.exec(
      address,
    ) ?? []
  return origin && `${origin}${before}${after ?? ''}`
}
