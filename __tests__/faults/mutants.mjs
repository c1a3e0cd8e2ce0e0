/**
 * Sessions that are broken on purpose; the simulated world must catch each. A break names a function (or an
 * import) of a file by its symbol and puts another in its place: `sound` is the one that it replaces, and
 * everything of the file is in scope. So a refactor that moves a line, or renames a variable, breaks no
 * mutant.
 */
const unlocked = '(state, critical) => critical({ signal: new AbortController().signal })'

export const mutants = {
  'no-lock': {
    what: 'renews without the lock',
    breaks: { 'session/renewal.ts': { locked: unlocked } },
  },
  'no-re-read': {
    what: 'does not read the store again under the lock',
    breaks: {
      'session/shared-medium.ts': {
        sharedMedium: 'lock => ({ ...sound(lock), readLocked: async () => {} })',
      },
    },
  },
  'save-after-release': {
    what: 'hands out the token first and stores it afterwards',
    breaks: {
      'session/shared-medium.ts': {
        write: `async (state, next) => {
          noteWritten(state, next)
          new Promise(resolve => setTimeout(resolve, 20)).then(() => state.store.set(state.key, next)).catch(() => {})
          return true
        }`,
      },
    },
  },
  'abort-kills-refresh': {
    what: 'lets a caller who gives up abort the refresh',
    breaks: {
      'session/waiting.ts': {
        waitForToken:
          '(view, rejected, signal) => otherToken(view, rejected, undefined, signal && { signal })',
      },
      'session/grant-context.ts': {
        callEndpoint: `(context, endpoint, parameters, options) =>
          sound(context, endpoint, parameters, { ...options, hook: 'token' })`,
      },
    },
  },
  'late-401-renews': {
    what: 'renews for every refusal, however late',
    breaks: {
      'session/standing.ts': {
        usableOrThrow:
          "(view, stale) => stale === undefined ? sound(view) : (sound(view, 'none'), undefined)",
      },
    },
  },
  'drops-rotated': {
    what: 'keeps the refresh token that it has sent',
    breaks: {
      'session/renewal.ts': {
        refresh: `async (view, base, ...rest) => {
          const got = await sound(view, base, ...rest)
          return { ...got, token: { ...got.token, refresh_token: base.refresh_token } }
        }`,
      },
    },
  },
  'ends-on-503': {
    what: 'ends the session when the server is away',
    breaks: {
      'session/renewal.ts': {
        isOver: "(state, error) => isOAuthError(error, 'OAUTH_SERVER_UNAVAILABLE') || sound(state, error)",
      },
    },
  },
  'retries-at-once': {
    what: 'sends a refresh again when no answer came',
    breaks: { 'session/renewal.ts': { refresh: '(...all) => sound(...all).catch(() => sound(...all))' } },
  },
  'no-back-off': {
    what: 'asks the server for every call while renewals fail',
    breaks: { 'session/renewal.ts': { throwWhileBackingOff: '() => {}' } },
  },
  'hands-out-refused': {
    what: 'forgets which tokens were refused',
    breaks: {
      'session/standing.ts': {
        isRefused: '() => false',
        usableOrThrow: 'view => sound(view)',
      },
      'session/waiting.ts': { isOther: '() => true' },
    },
  },
  'loser-ends': {
    what: 'ends the session on invalid_grant without another look',
    breaks: {
      'session/renewal.ts': {
        acquire: `async (view, lease, reason) => {
          const { state } = view
          const base = refreshable(state, undefined)
          return base ? refresh(view, base, lease, reason.call) : runGrant(view, lease, reason.call)
        }`,
        endGrant: `async ({ state }, failure, stale, lease) => {
          state.record.version += 1000
          await storeEnd(state, 'invalid_grant', lease)
          throw endedError(state)
        }`,
      },
    },
  },
  'no-version-compare': {
    what: 'writes whatever is stored by then',
    breaks: {
      'session/record.ts': {
        compose: `(...all) => {
          const grant = sound(...all)
          return { ...grant, version: grant.version + 999 }
        }`,
      },
    },
  },
  'comes-back': {
    what: 'stores a token that arrives after the log-out',
    breaks: {
      'session/renewal.ts': {
        storeRenewed: `async ({ state, slot }, { token, base, isRefresh }, count, lease) => {
          const next = compose(state, slot.key, token, base, isRefresh)
          return (await state.medium.write(state, next, lease)) ? next : undefined
        }`,
      },
      'session/ending.ts': { locked: unlocked },
    },
  },
  'gives-up-writing': {
    what: 'drops a token that the store did not take at once',
    breaks: {
      'session/shared-medium.ts': {
        write: `async (state, next) => {
          const answer = await Promise.resolve().then(() => state.store.set(state.key, next)).catch(() => true)
          if (answer === false) return false
          noteWritten(state, next)
          return true
        }`,
      },
    },
  },
  'effect-twice': {
    what: 'sends a request again when the API failed',
    breaks: { 'oauth2/scheme.ts': { isRefusal: 'response => sound(response) || response.status === 503' } },
  },
  'tells-secrets': {
    what: 'shows what the store failed with',
    breaks: {
      'locks/medium-error.ts': {
        mediumError:
          "(code, error, medium) => oauthError(code, medium ?? 'medium', { problem: error.message })",
      },
    },
  },
  'never-lets-go': {
    what: 'keeps a renewal that failed as the one that everybody waits for',
    breaks: {
      'session/renewal.ts': { renew: '(...all) => sound(...all).catch(() => new Promise(() => {}))' },
    },
  },
  'holds-callers': {
    what: 'makes a caller who gave up wait all the same',
    breaks: { 'session/waiting.ts': { abortable: 'promise => promise' } },
  },
  'sign-in-unlocked': {
    what: 'stores a sign-in without the lock',
    breaks: { 'session/fetch-token.ts': { locked: unlocked } },
  },
  'sends-after-loss': {
    what: 'sends a refresh after the lock was lost while the client proved itself',
    breaks: { 'session/renewal.ts': { insistOnLock: '() => {}', insistOnLease: '() => {}' } },
  },
}
