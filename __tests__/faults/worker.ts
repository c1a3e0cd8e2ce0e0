import { parentPort } from 'node:worker_threads'
import { runWorld } from './world.js'

/** What a worker is asked: to run these seeds, one after the other. */
export interface Order {
  seeds: number[]
  trace?: boolean
}

// stacks are never looked at here, and making them takes longer than everything else
if (parentPort) Error.stackTraceLimit = 0

parentPort?.on('message', async ({ seeds, trace }: Order) => {
  const outcomes = []
  for (const seed of seeds) outcomes.push(await runWorld(seed, trace))
  parentPort?.postMessage(outcomes)
})
