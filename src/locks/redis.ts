import type { Lock } from '../session/stored-grant.js'
import { runLeased } from './lease.js'
import { type RedisLike, redisCommands } from './redis-commands.js'

/** Options of {@link redisLock}; seconds. */
export interface RedisLockOptions {
  /**
   * How long Redis keeps the lock of a silent holder: longer than the token endpoint may take. Default 60.
   */
  lease?: number
  /** Mean pause between two tries. Default 0.1. */
  poll?: number
  /** Time limit of a command. Default 5. */
  timeout?: number
  /** The prefix of the keys. Default `oauth-lock:`. */
  prefix?: string
}

/**
 * A lock for all processes and machines that use one Redis, one lease for each name. A fail-over may lose it,
 * which is why stores compare versions as well.
 * @throws OAuthError `OAUTH_LOCK_TIMEOUT`, `OAUTH_ABORTED`; `OAUTH_STORE_WRITE` when Redis is away
 */
export function redisLock(client: RedisLike, options: RedisLockOptions = {}): Lock {
  const { lease = 60, poll = 0.1, timeout = 5, prefix = 'oauth-lock:' } = options
  const redis = redisCommands(client, timeout)
  return async (name, critical, wait) => {
    const key = prefix + name
    const mine = `${Math.random()}${Math.random()}`
    const hold = () => redis.run(HOLD, key, mine, Math.ceil(lease * 1000))
    return runLeased(
      {
        take: async () => (await hold()) !== 'held',
        renew: async () => (await hold()) === 'kept',
        release: () => redis.run(RELEASE, key, mine),
      },
      { lease, poll },
      critical,
      wait,
    )
  }
}

// A holder whose answer was lost may ask again. A holder whose lock Redis lost is told so, and keeps others
// out for the rest of its lease.
const HOLD = `local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 'held' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return holder and 'kept' or 'taken'`

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`
