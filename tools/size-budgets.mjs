/**
 * What a user's bundle may weigh: kilobytes (1000 bytes) after esbuild's minifier and gzip -9. A line says which names are
 * imported; with `over`, the budget is what they add to that other line. Names that do not exist fail: list what is there.
 */

/** What nobody who uses a bearer token alone should carry. */
const notForBearer = ['oauth_signature', 'oauth_nonce', 'jose', '.well-known', 'urn:ietf:params:oauth:grant-type']

export const budgets = []

/** Every export of the root that ends so is measured against `over`, so that a new one needs no line here. */
export const families = [{ suffix: 'Grant', over: 'bearer', max: 0.6 }]

export { notForBearer }
