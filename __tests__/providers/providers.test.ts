import { discord } from 'axios-oauth-interceptor/providers/discord'
import { facebook } from 'axios-oauth-interceptor/providers/facebook'
import { github } from 'axios-oauth-interceptor/providers/github'
import { gitlab } from 'axios-oauth-interceptor/providers/gitlab'
import { google } from 'axios-oauth-interceptor/providers/google'
import { hubspot } from 'axios-oauth-interceptor/providers/hubspot'
import { linkedin } from 'axios-oauth-interceptor/providers/linkedin'
import { microsoft } from 'axios-oauth-interceptor/providers/microsoft'
import { slack } from 'axios-oauth-interceptor/providers/slack'
import { spotify } from 'axios-oauth-interceptor/providers/spotify'
import { type Case, driveProviders, plain, withoutRefreshToken } from './drive.js'

const slackRefuses = { status: 200, body: { ok: false, error: 'invalid_refresh_token' } }
const slackExpired = { status: 200, body: { ok: false, error: 'token_expired' } }

const cases: Record<string, Case> = {
  GitHub: {
    ...plain({
      scope: 'one,two',
      token_type: 'bearer',
      expires_in: '28800',
      refresh_token_expires_in: '15811200',
    }),
    provider: github,
    secret: 'body',
    life: 28_800,
    refuses: {
      status: 200,
      body: { error: 'bad_refresh_token', error_description: 'Incorrect or expired.' },
    },
    expired: { status: 401, body: { message: 'Bad credentials' } },
  },
  Google: {
    ...plain({ expires_in: 3599 }),
    provider: google,
    secret: 'body',
    authorize: { scope: 'one two', access_type: 'offline' },
    life: 3599,
    refreshes: token =>
      withoutRefreshToken(token, { token_type: 'Bearer', scope: 'one two', expires_in: 3599 }),
    keepsRefreshToken: true,
  },
  Microsoft: {
    ...plain({ expires_in: 3599, ext_expires_in: 3599 }),
    provider: microsoft(),
    secret: 'body',
    life: 3599,
    refuses: {
      status: 400,
      body: { error: 'interaction_required', error_codes: [50076], suberror: 'basic_action' },
    },
  },
  'Facebook (D1)': {
    ...plain(),
    provider: facebook(),
    secret: 'body',
    // a form as text/plain, `expires`, no token type, no scope
    grants: ({ access_token }) => ({
      status: 200,
      type: 'text/plain',
      body: `access_token=${access_token}&expires=5183944`,
    }),
    expired: {
      status: 400,
      body: { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } },
    },
    life: 5_183_944,
    renews: false,
  },
  'LinkedIn (D10)': {
    ...plain({
      scope: 'one,two',
      expires_in: 5_184_000,
      refresh_token_expires_in: 31_536_000,
      token_type: undefined,
    }),
    provider: linkedin,
    secret: 'body',
    life: 5_184_000,
    keepsRefreshToken: true,
  },
  'Slack, the bot': {
    ...plain({
      ok: true,
      scope: 'one,two',
      token_type: 'bot',
      expires_in: 43_200,
      authed_user: { id: 'U1' },
    }),
    provider: slack(),
    secret: 'header',
    authorize: { scope: 'one,two', user_scope: null },
    life: 43_200,
    refuses: slackRefuses,
    expired: slackExpired,
  },
  'Slack, the person': {
    ...plain({ ok: true, scope: 'one,two', token_type: 'user', expires_in: 43_200 }),
    provider: slack({ as: 'user' }),
    secret: 'header',
    grants: token => ({
      status: 200,
      body: {
        ok: true,
        access_token: 'xoxb-of-the-bot',
        refresh_token: 'xoxe-of-the-bot',
        expires_in: 60,
        token_type: 'bot',
        scope: 'chat:write',
        authed_user: { id: 'U1', scope: 'one,two', token_type: 'user', expires_in: 43_200, ...token },
      },
    }),
    refreshes: token => ({
      status: 200,
      body: { ok: true, scope: 'one,two', token_type: 'user', expires_in: 43_200, ...token },
    }),
    authorize: { scope: null, user_scope: 'one,two' },
    life: 43_200,
    refuses: slackRefuses,
    expired: slackExpired,
  },
  GitLab: {
    ...plain({ expires_in: 7200, created_at: 1_607_635_748 }),
    provider: gitlab({ url: 'https://gitlab.example/' }),
    secret: 'header',
    life: 7200,
  },
  Discord: { ...plain({ expires_in: 604_800 }), provider: discord, secret: 'header', life: 604_800 },
  Spotify: {
    ...plain({ expires_in: 3600 }),
    provider: spotify,
    secret: 'header',
    life: 3600,
    refreshes: token => withoutRefreshToken(token, { token_type: 'Bearer', expires_in: 3600 }),
    keepsRefreshToken: true,
  },
  HubSpot: {
    ...plain({ expires_in: 1800 }),
    provider: hubspot,
    secret: 'body',
    life: 1800,
    // the form of the older endpoints: no `error`
    refuses: {
      status: 400,
      body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' },
    },
  },
}

driveProviders(cases)
