import { mediumError } from './medium-error.js'

/** A connection of ioredis, or of anything with its shape. */
export interface IoRedisLike {
  get(key: string): Promise<string | null>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  defineCommand: unknown
}

/** A connection of node-redis (`createClient`), or of anything with its shape; connected by its owner. */
export interface NodeRedisLike {
  get(key: string): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** A connection to Redis or Valkey, told by its shape. */
export type RedisLike = IoRedisLike | NodeRedisLike

/** The two commands that are needed, the same for both clients. */
export interface RedisCommands {
  get(key: string): Promise<unknown>
  /** Runs a script on one key: atomic, and fit for a cluster. */
  run(script: string, key: string, ...args: (string | number)[]): Promise<unknown>
}

/**
 * The commands of a client; each is given up after `timeout` seconds, since clients keep commands for a
 * server that is away. What was given up may still be carried out later: scripts must bear that.
 * @throws OAuthError `OAUTH_STORE_READ` from `get`, `OAUTH_STORE_WRITE` from `run`
 */
export function redisCommands(client: RedisLike, timeout: number): RedisCommands {
  const within = async <T>(
    code: 'OAUTH_STORE_READ' | 'OAUTH_STORE_WRITE',
    command: () => Promise<T>,
  ): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject({ name: `no answer for ${timeout} s` }), timeout * 1000)
    })
    try {
      return await Promise.race([command(), late])
    } catch (error) {
      throw mediumError(code, error)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    get: key => within('OAUTH_STORE_READ', () => client.get(key)),
    run: (script, key, ...args) => {
      const texts = args.map(String)
      return within('OAUTH_STORE_WRITE', () =>
        'defineCommand' in client
          ? client.eval(script, 1, key, ...texts)
          : client.eval(script, { keys: [key], arguments: texts }),
      )
    },
  }
}
