import { redisLock } from '../locks/redis.js'
import { type RedisLike, redisCommands } from '../locks/redis-commands.js'
import type { Lock, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'
import { parseGrant } from './record.js'

export type { IoRedisLike, NodeRedisLike, RedisLike } from '../locks/redis-commands.js'

/**
 * A connection that only subscribes, as Redis requires: ioredis emits an event, node-redis calls a function.
 */
export type RedisSubscriber =
  | {
      subscribe(channel: string): Promise<unknown>
      unsubscribe(channel: string): Promise<unknown>
      on(event: 'message', listener: (channel: string, message: string) => void): unknown
      off(event: 'message', listener: (channel: string, message: string) => void): unknown
      defineCommand: unknown
    }
  | {
      subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
      unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>
    }

/** Options of {@link redisStore}; seconds. */
export interface RedisStoreOptions {
  /** The prefix of the keys. Default `oauth:`. */
  prefix?: string
  /** How long an unused grant is kept after its last write. Default: without limit. */
  ttl?: number
  /** A second connection, through which the store learns at once of writes by other processes. */
  subscriber?: RedisSubscriber
  /** Default: a lease of 60 s in the same Redis. */
  lock?: Lock
  /** Time limit of a command. Default 5. */
  timeout?: number
}

/**
 * Keeps grants in Redis or Valkey, for all machines that use it. A write compares versions in the same step,
 * so a process that has lost its lock cannot overwrite a newer token. Connections belong to the caller: the
 * store opens and closes none.
 * @example
 * import { createClient } from 'redis'
 * const redis = createClient({ url: 'redis://127.0.0.1' })
 * await redis.connect()
 * const store = redisStore(redis, { ttl: 90 * 24 * 3600 })
 * const sessionOf = (userId: string) => createOAuth2Session({ server, client, store, key: `user:${userId}` })
 * @throws OAuthError `OAUTH_STORE_READ`, `OAUTH_STORE_WRITE`; `OAUTH_STORE_VALUE` from `get` when the value
 * is broken
 */
export function redisStore(client: RedisLike, options: RedisStoreOptions = {}): TokenStore {
  const { prefix = 'oauth:', ttl = 0, subscriber, timeout = 5 } = options
  // No record has these names.
  const beside = prefix.replace(/:$/, '')
  const channel = `${beside}-changed`
  const { lock = redisLock(client, { prefix: `${beside}-lock:`, timeout }) } = options
  const redis = redisCommands(client, timeout)
  const me = `${Math.random()}`
  const notices = subscriber && listen(subscriber, channel, me)

  return defineStore({
    shared: true,
    lock,
    async get(key) {
      const text = await redis.get(prefix + key)
      return text === null || text === undefined ? undefined : parseGrant(String(text))
    },
    async set(key, next) {
      const args = [next.version, JSON.stringify(next), Math.ceil(ttl * 1000), channel, `${me} ${key}`]
      return (await redis.run(SET, prefix + key, ...args)) === 1
    },
    async delete(key) {
      await redis.run(DELETE, prefix + key, channel, `${me} ${key}`)
    },
    ...(notices && { subscribe: notices }),
  })
}

// A value that is not a grant is overwritten; a user without the right to publish may still write.
const SET = `local text = redis.call('GET', KEYS[1])
local read, stored = pcall(cjson.decode, text)
if read and type(stored) == 'table' and (tonumber(stored.version) or -1) >= tonumber(ARGV[1]) then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.pcall('PUBLISH', ARGV[4], ARGV[5])
return 1`

const DELETE = `redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[1], ARGV[2])
return 1`

/** One subscription for all keys, while there is at least one listener. */
function listen(
  subscriber: RedisSubscriber,
  channel: string,
  me: string,
): NonNullable<TokenStore['subscribe']> {
  const listeners = new Map<() => void, string>()
  const hear = (message: string) => {
    const at = message.indexOf(' ')
    if (message.slice(0, at) === me) return
    for (const [listener, key] of listeners) if (key === message.slice(at + 1)) listener()
  }
  const hearEvent = (from: string, message: string) => {
    if (from === channel) hear(message)
  }
  // A session rereads the store from time to time even without notices.
  const ignore = () => {}
  const start = () => {
    if (!('defineCommand' in subscriber)) return subscriber.subscribe(channel, hear).catch(ignore)
    subscriber.on('message', hearEvent)
    return subscriber.subscribe(channel).catch(ignore)
  }
  const stop = () => {
    if (!('defineCommand' in subscriber)) return subscriber.unsubscribe(channel, hear).catch(ignore)
    subscriber.off('message', hearEvent)
    return subscriber.unsubscribe(channel).catch(ignore)
  }
  return (key, changed) => {
    const listener = () => changed()
    if (!listeners.size) void start()
    listeners.set(listener, key)
    return () => {
      if (listeners.delete(listener) && !listeners.size) void stop()
    }
  }
}
