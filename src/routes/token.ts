import { isOAuthError } from '../errors.js'
import { core, type OAuth2Session } from '../session/session.js'
import { jsonAnswer } from './pages.js'
import { isSameOrigin, notFound, userOf, type Visit } from './site.js'

/** What a page may ask for: another token than the refused one, and a part of the granted scope. */
async function questionOf(request: Request): Promise<{ rejected?: string; scope?: string }> {
  const body = Object((await request.json().catch(() => undefined)) as unknown)
  const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
  const [rejected, scope] = [text(body.rejected), text(body.scope)]
  return { ...(rejected && { rejected }), ...(scope && { scope }) }
}

const namesIn = (scope = '') => [...new Set(scope.split(' ').filter(Boolean))].sort().join(' ')

/** The session for the scope that a page asks for: one that asks for less must not get the whole grant. */
async function sourceFor(session: OAuth2Session, asked: string | undefined): Promise<OAuth2Session> {
  const scope = namesIn(asked)
  const granted = (await core(session).read())?.tokens['']?.scope
  return !scope || scope === namesIn(granted) ? session : session.for({ scope })
}

/** Returns the access token of the person to a page of this site; the refresh token stays on the server. */
export async function tokenFor(visit: Visit): Promise<Response> {
  const { site, name, request } = visit
  if (!site.options.allowTokens?.includes(name)) return notFound()
  if (!isSameOrigin(visit)) return jsonAnswer(403, { error: 'cross_site' })
  const user = await userOf(visit)
  if (!user) return jsonAnswer(401, { error: 'login_required' })
  try {
    const session = site.registry.session(name, { user }) as OAuth2Session
    const { rejected, scope: asked } = await questionOf(request)
    const source = await sourceFor(session, asked)
    const found = await source.token(rejected ? { rejected: { access_token: rejected } } : {})
    const { access_token, token_type = 'Bearer', scope, expires_at } = found
    const expires_in =
      expires_at === undefined ? undefined : Math.max(0, Math.floor(expires_at - site.clock()))
    return jsonAnswer(200, { access_token, token_type, scope, expires_in })
  } catch (error) {
    if (!isOAuthError(error)) throw error
    const needsPerson = /^OAUTH_(INTERACTION_REQUIRED|SESSION_ENDED|SESSION_CHANGED)$/.test(error.code)
    if (needsPerson) return jsonAnswer(401, { error: 'login_required' })
    if (error.error === 'invalid_scope') return jsonAnswer(400, { error: error.error })
    const { retryAfter } = error
    const headers: Record<string, string> =
      retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfter)) }
    return jsonAnswer(503, { error: 'temporarily_unavailable' }, headers)
  }
}
