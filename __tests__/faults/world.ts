import {
  createSession,
  type OAuth2Session,
  type OAuth2SessionOptions,
  type SessionEvents,
} from '../../src/session/session.js'
import { inside } from '../../src/session/state.js'
import { type Api, makeApi } from './api.js'
import { type Clients, makeClients, signIn } from './client.js'
import { makeJudge } from './judge.js'
import { type Medium, makeMedium } from './medium.js'
import { drawProfile, type Profile } from './profile.js'
import { chance } from './random.js'
import { scheduler, virtualTime } from './scheduler.js'
import { makeServer, newProcess, type Server } from './server.js'
import { type Actor, EPOCH, type Judge, type Process, type Violation, type World } from './world-types.js'

/** How one world went. */
export interface Outcome {
  seed: number
  violation: Violation | undefined
  steps: number
  /** Losses that nobody can prevent, by reason. */
  losses: Record<string, number>
  counts: { token: number; refresh: number; reuse: number }
  /** Sessions that were over at the end, and those that still worked. */
  over: number
  alive: number
  trace: string[] | undefined
  profile: Profile
}

/** No world needs as many steps as this: who does runs in circles. */
const MOST_STEPS = 20_000

const turn: (run: () => void) => unknown = setImmediate

/**
 * Runs one world to its end: first with everything that can go wrong, then calm, until each session has shown
 * what became of it. The same seed makes the same world, step by step.
 */
export async function runWorld(seed: number, tracing = false): Promise<Outcome> {
  const random = chance(seed)
  const profile = drawProfile(random.fork())
  const time = scheduler(random.fork(), tracing)
  const bare: Omit<World, 'judge'> = {
    seed,
    profile,
    time,
    random: random.fork(),
    record: () => medium.record(),
    processes: [],
    calm: false,
    storeDown: 0,
    serverDown: 0,
    apiRefuses: 0,
  }
  const judge: Judge = makeJudge(bare, () => server)
  const world: World = Object.assign(bare, { judge })
  const server: Server = makeServer(world)
  const medium: Medium = makeMedium(world)
  const api: Api = makeApi(world, server)
  const clients = makeClients(world, api)
  const restore = virtualTime(time, random.fork(), EPOCH)
  const unhandled = (error: unknown) =>
    judge.fail('a rejection that nobody handles', String((error as Error)?.stack ?? error))
  process.on('unhandledRejection', unhandled)
  try {
    if (profile.signedIn && !profile.unattended) medium.put(server.first())
    for (let count = 0; count < profile.processes; count++) populate(world, server, medium, clients)
    await runTrouble(world, server, medium, clients)
    const { over, alive } = judge.violation
      ? { over: 0, alive: 0 }
      : await runCalm(world, server, medium, clients)
    return {
      seed,
      violation: judge.violation,
      steps: time.steps,
      losses: judge.losses,
      counts: server.counts,
      over,
      alive,
      trace: time.trace,
      profile,
    }
  } finally {
    process.off('unhandledRejection', unhandled)
    restore()
  }
}

/** Gives birth to a process, its sessions and their clients. */
function populate(world: World, server: Server, medium: Medium, clients: Clients): Process {
  const { random, profile, time } = world
  const skew = profile.faults.skew && !world.calm ? (random() - 0.5) * random.pick([10, 1000, 10_000]) : 0
  const process = newProcess(`p${world.processes.length + 1}`, skew)
  world.processes.push(process)
  const store = medium.open(process)
  for (let count = 0; count < profile.sessionsPerProcess; count++) addActor(world, server, process, store)
  for (let count = 0; count < profile.clientsPerProcess; count++) {
    const actor = random.pick(process.actors)
    time.after(random.pick([0, 0, random() * 3]), process, 'a client begins', () => void clients.live(actor))
  }
  return process
}

function addActor(
  world: World,
  server: Server,
  process: Process,
  store: NonNullable<OAuth2SessionOptions['store']>,
): Actor {
  const { random, profile, time, judge } = world
  const bytes = random.fork()
  const { leeway, recheck, refreshAhead } = profile
  const session = createSession(
    {
      server: {
        issuer: 'https://as.example',
        token_endpoint: 'https://as.example/token',
        revocation_endpoint: 'https://as.example/revoke',
      },
      client: { client_id: 'app' },
      key: 'me',
      store,
      clock: () => EPOCH + time.now + process.skew,
      random: size => Uint8Array.from({ length: size }, () => bytes.below(256)),
      // a key in a security module takes its time, and the process may freeze meanwhile
      clientAuth: () =>
        bytes.below(4) > 0 || world.calm
          ? undefined
          : new Promise<void>(resolve =>
              time.after(bytes.below(30) / 10, process, 'the client has proved itself', resolve),
            ),
      whenUnauthenticated: profile.whenUnauthenticated,
      ...(leeway !== undefined && { leeway }),
      ...(recheck !== undefined && { recheck }),
      ...(refreshAhead !== undefined && { refreshAhead }),
      ...(profile.unattended && {
        grant: (endpoint, { resource }) => endpoint({ grant_type: 'client_credentials', resource }),
      }),
      ...(profile.interaction && {
        onInteractionRequired: async () => {
          await signIn(actor, false)
        },
      }),
    },
    { send: server.sender(() => actor), http: {} as never },
  )
  const actor: Actor = {
    name: `${process.name}.${process.actors.length + 1}`,
    process,
    session,
    state: inside(session).state,
    refused: new Set(),
    pardoned: new Set(),
    forced: 0,
    leaving: 0,
  }
  process.actors.push(actor)
  listen(session, (event, detail) => {
    judge.shown(`the event ${event}`, detail)
    if (event === 'ended') judge.ended(actor, (detail as SessionEvents['ended']).reason)
    if (event === 'error') judge.shown('the error of an event', (detail as SessionEvents['error']).error)
    // the application shows the other person's data, and says so
    if (event === 'changed')
      time.after(random() * 2, process, 'the application accepts the change', () => session.acceptChange())
  })
  return actor
}

function listen(session: OAuth2Session, told: (event: keyof SessionEvents, detail: unknown) => void) {
  for (const event of ['token', 'renewed', 'ended', 'challenge', 'changed', 'error'] as const)
    session.on(event, detail => told(event, detail))
}

/**
 * Something that happens once, after so many steps, and perhaps when the one whose step it was is at a tender
 * moment.
 */
interface Blow {
  step: number
  moment: 'any' | 'inside the lock' | 'writing'
  strike: () => void
}

function drawBlows(world: World, server: Server, medium: Medium, clients: Clients): Blow[] {
  const { random, profile, time, processes } = world
  const { faults } = profile
  const blows: Blow[] = []
  const add = (count: number, strike: () => void, moments: Blow['moment'][] = ['any']) => {
    for (let index = 0; index < count; index++)
      blows.push({ step: random.below(random.pick([40, 150])), moment: random.pick(moments), strike })
  }
  const tender: Blow['moment'][] = ['any', 'inside the lock', 'writing', 'writing']
  // the one whose step it was: so every await is a place to die, to freeze, to jump
  const victim = () => {
    const { current } = time
    return processes.find(process => process === current) ?? random.pick(processes)
  }
  add(
    faults.crashes,
    () => {
      const process = victim()
      if (!process.alive) return
      time.note(`${process.name} dies`)
      time.kill(process)
      medium.bury(process)
      if (random.happens(0.7))
        time.after(
          random() * 5,
          undefined,
          'a process is started',
          () => void populate(world, server, medium, clients),
        )
    },
    tender,
  )
  add(
    faults.freezes,
    () => {
      const process = victim()
      process.frozenUntil = time.now + random.pick([5, 30, 100])
      time.note(`${process.name} freezes`)
    },
    tender,
  )
  add(faults.clockJumps, () => {
    const process = victim()
    const by = (random() - 0.5) * random.pick([20, 1000, 200_000])
    process.skew += by
    process.jumped = true
    time.note(`the clock of ${process.name} jumps by ${by.toFixed(1)} s`)
  })
  add(faults.revokeAccess, server.revokeAccess)
  add(faults.revokeGrant, server.revokeGrants)
  add(faults.storeOutages, () => {
    world.storeDown = time.now + random.pick([0.1, 2, 20])
    time.note('the store goes down')
  })
  add(faults.serverOutages, () => {
    world.serverDown = time.now + random.pick([0.1, 2, 20])
    time.note('the authorization server goes down')
  })
  add(faults.apiRefusals, () => {
    world.apiRefuses = time.now + random.pick([0.5, 5, 70])
    time.note('the API begins to refuse every token')
  })
  return blows
}

/** Takes steps, and looks after each, until there is nothing left to do. */
async function run(world: World, medium: Medium, clients: Clients, blows: Blow[] = []): Promise<void> {
  const { time, judge, processes } = world
  while (!judge.violation) {
    if (!time.step()) break
    // all that follows from the step happens before the next one
    await new Promise<void>(resolve => turn(resolve))
    for (const call of clients.pending) {
      if (call.abandoned && call.process.alive && !call.settled)
        judge.fail('a caller held back', `${call.what} was given up and did not settle`)
    }
    for (const blow of blows) {
      const one = processes.find(process => process === time.current)
      if (blow.step > time.steps) continue
      if (blow.moment === 'inside the lock' && !(one && judge.sectionOf(one))) continue
      if (blow.moment === 'writing' && !(one && medium.isWriting(one))) continue
      blows.splice(blows.indexOf(blow), 1)
      blow.strike()
      break
    }
    if (time.steps > MOST_STEPS) judge.fail('no rest', 'the world runs in circles')
  }
  for (const call of clients.pending) {
    if (call.process.alive) judge.fail('a promise that does not settle', call.what)
  }
}

async function runTrouble(world: World, server: Server, medium: Medium, clients: Clients): Promise<void> {
  await run(world, medium, clients, drawBlows(world, server, medium, clients))
}

/** With nothing going wrong any more, every session must work, or be over for a reason. */
async function runCalm(
  world: World,
  server: Server,
  medium: Medium,
  clients: Clients,
): Promise<{ over: number; alive: number }> {
  const { time, judge, profile, processes } = world
  world.calm = true
  for (const process of processes) {
    // somebody sets the clocks right
    process.jumped ||= process.skew !== 0
    process.skew = 0
  }
  profile.clientsPerProcess = 0
  if (processes.every(process => !process.alive) || profile.processes > 1)
    populate(world, server, medium, clients)
  const living = processes.filter(process => process.alive).flatMap(process => process.actors)
  const results = new Map<Actor, number | string>()
  for (const round of [1, 2, 3]) {
    for (const actor of living) {
      // longer than every pause, look and lease of the session: a refusal is asked again after a quarter of
      // an hour
      time.after(
        910,
        actor.process,
        `probe ${round}`,
        () => void clients.probe(actor).then(result => results.set(actor, result)),
      )
    }
    await run(world, medium, clients)
    if (judge.violation) break
  }
  let alive = 0
  const record = world.record()
  for (const actor of living) {
    const result = results.get(actor)
    if (result === 200) {
      alive++
      continue
    }
    // when all sign in at once, each finds another's grant
    if (profile.interaction && result === 'OAUTH_SESSION_CHANGED') continue
    // its caller was told that the store took no log-out, and could have tried again
    if (actor.state.ending.reason !== undefined) continue
    const over = profile.unattended
      ? !!record?.ended
      : !record || record.ended || !server.isHead(record.refresh_token)
    if (!over) judge.fail('a session that does not recover', `${actor.name} still answers ${result}`)
  }
  const out = living.some(({ state }) => state.ending.reason !== undefined)
  if (alive > 0 && alive < living.length && !profile.interaction && !out)
    judge.fail('sessions that disagree', `${alive} of ${living.length} work`)
  judge.finish()
  for (const actor of living)
    if (actor.state.backlog?.unsaved) judge.fail('a grant never written', actor.name)
  if (
    record &&
    !record.ended &&
    !profile.unattended &&
    !server.isHead(record.refresh_token) &&
    !judge.isLost(record)
  ) {
    judge.fail('a broken record left behind', `${record.refresh_token} is stored and of no use`)
  }
  return { over: living.length - alive, alive }
}
