import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { RedisLike } from '../../src/locks/redis-commands.js'
import type { RedisSubscriber } from '../../src/stores/redis.js'

/** A connection of either client library, and how to end it. */
export interface Connection {
  client: RedisLike & RedisSubscriber
  close(): Promise<void>
}

/** Connections of both client libraries, with the settings that a service would use. */
export const clients: Record<string, (port: number) => Promise<Connection>> = {
  async ioredis(port) {
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: 3 })
    // without a listener a lost connection is printed
    client.on('error', () => {})
    await client.ping()
    return { client, close: async () => client.disconnect() }
  },
  async 'node-redis'(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 50 } })
    client.on('error', () => {})
    await client.connect()
    return { client, close: async () => client.destroy() }
  },
}
