import type { Chance } from './random.js'

/** What kind of world a seed makes: who lives in it and what goes wrong there. Times are seconds. */
export interface Profile {
  processes: number
  sessionsPerProcess: number
  clientsPerProcess: number
  actionsPerClient: number
  /**
   * `lease`: src/locks/lease.ts over the medium, as files and Redis have it; `web`: Web Locks; `memory`: a
   * lock of the process that comes with the store; `none`: the store brings no lock.
   */
  lock: 'lease' | 'web' | 'memory' | 'none'
  lease: number
  /** The store answers at once, as localStorage does. */
  synchronous: boolean
  /** The store tells others of a write. */
  subscribe: boolean
  expiresIn: number | undefined
  /** A refresh gives a new refresh token, always, never, or now and then. */
  rotate: 'always' | 'never' | 'sometimes'
  /** A spent refresh token ends the family, or is just refused. */
  reuse: 'revoke' | 'refuse'
  /** A refresh makes the access tokens before it worthless. */
  revokesOldAccess: boolean
  signedIn: boolean
  unattended: boolean
  /** Some requests are for another resource of the same grant. */
  resources: boolean
  leeway: number | undefined
  recheck: number | undefined
  refreshAhead: number | undefined
  interaction: boolean
  whenUnauthenticated: 'reject' | 'send'
  faults: Faults
}

/** How often something goes wrong; probabilities per operation, or counts per world. */
export interface Faults {
  /** Of calls to the token endpoint. */
  token: {
    reset: number
    lost: number
    unavailable: number
    gateway: number
    html: number
    refused: number
    slow: number
  }
  /** Of requests to the API. */
  api: { reset: number; lost: number; unavailable: number }
  /** Of operations of the store. */
  store: { read: number; before: number; after: number }
  /** Of operations of the lock. */
  lock: number
  noticeLost: number
  abort: number
  /** How many of these happen at some moment. */
  crashes: number
  freezes: number
  clockJumps: number
  skew: boolean
  revokeAccess: number
  revokeGrant: number
  storeOutages: number
  serverOutages: number
  /** For a while the API refuses every token. */
  apiRefusals: number
  slowness: number
}

const none: Faults = {
  token: { reset: 0, lost: 0, unavailable: 0, gateway: 0, html: 0, refused: 0, slow: 0 },
  api: { reset: 0, lost: 0, unavailable: 0 },
  store: { read: 0, before: 0, after: 0 },
  lock: 0,
  noticeLost: 0,
  abort: 0,
  crashes: 0,
  freezes: 0,
  clockJumps: 0,
  skew: false,
  revokeAccess: 0,
  revokeGrant: 0,
  storeOutages: 0,
  serverOutages: 0,
  apiRefusals: 0,
  slowness: 0,
}

/** Draws a world: most have a few kinds of trouble, so that each is met alone and with others. */
export function drawProfile(random: Chance): Profile {
  const lock = random.pick(['lease', 'lease', 'lease', 'web', 'web', 'memory', 'none'] as const)
  const local = lock === 'memory' || lock === 'none'
  const some = (probability: number, most: number) => (random.happens(probability) ? random() * most : 0)
  const few = (probability: number, most: number) =>
    random.happens(probability) ? 1 + random.below(most) : 0
  const unattended = random.happens(0.12)
  const token = random.happens(0.4)
  const api = random.happens(0.3)
  const store = random.happens(0.3)
  return {
    processes: local ? 1 : 1 + random.below(3),
    sessionsPerProcess: random.pick([1, 1, 2]),
    clientsPerProcess: 1 + random.below(4),
    actionsPerClient: 2 + random.below(4),
    lock,
    lease: random.pick([3, 10, 60]),
    synchronous: local || (lock === 'web' && random.happens(0.5)),
    subscribe: random.happens(0.5),
    expiresIn: random.pick([4, 60, 300, 3600, undefined]),
    rotate: random.pick(['always', 'always', 'always', 'always', 'never', 'sometimes']),
    reuse: random.pick(['revoke', 'refuse']),
    revokesOldAccess: random.happens(0.3),
    signedIn: random.happens(0.9),
    unattended,
    resources: random.happens(0.2),
    leeway: random.pick([undefined, undefined, 0, 10]),
    recheck: random.pick([undefined, undefined, 5]),
    refreshAhead: random.happens(0.15) ? 30 : undefined,
    interaction: random.happens(0.1),
    whenUnauthenticated: random.pick(['reject', 'reject', 'send']),
    faults: {
      ...none,
      token: token
        ? {
            reset: some(0.4, 0.5),
            lost: some(0.3, 0.4),
            unavailable: some(0.4, 0.6),
            gateway: some(0.15, 0.3),
            html: some(0.2, 0.4),
            refused: unattended ? 0 : some(0.15, 0.3),
            slow: some(0.2, 0.3),
          }
        : none.token,
      api: api ? { reset: some(0.5, 0.3), lost: some(0.5, 0.3), unavailable: some(0.5, 0.3) } : none.api,
      store: store
        ? { read: some(0.5, 0.3), before: some(0.6, random.pick([0.4, 1])), after: some(0.6, 0.5) }
        : none.store,
      lock: lock === 'lease' ? some(0.15, 0.3) : 0,
      noticeLost: some(0.2, 0.5),
      abort: some(0.3, 0.5),
      crashes: local ? 0 : few(0.4, 3),
      freezes: few(0.2, 3),
      clockJumps: few(0.12, 2),
      skew: random.happens(0.15),
      revokeAccess: few(0.6, 4),
      revokeGrant: few(0.06, 1),
      storeOutages: few(0.1, 2),
      serverOutages: few(0.12, 2),
      apiRefusals: few(0.06, 1),
      slowness: some(0.4, 0.3),
    },
  }
}
