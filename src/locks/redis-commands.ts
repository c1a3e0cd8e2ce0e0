import { mediumError } from './medium-error.js'

/** A connection of ioredis, or of anything with its shape. */
export interface IoRedisLike {
  get(key: string): Promise<string | null>
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>
  defineCommand: unknown
}

/** A connection of node-redis (`createClient`), or of anything with its shape; its owner connects it. */
export interface NodeRedisLike {
  get(key: string): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** A connection to Redis or Valkey, recognised by its shape. */
export type RedisLike = IoRedisLike | NodeRedisLike

/** The two commands that stores and locks use, the same for both clients. */
export interface RedisCommands {
  get(key: string): Promise<unknown>
  /** Runs a script on one key: atomic, and safe in a cluster. */
  run(script: string, key: string, ...args: (string | number)[]): Promise<unknown>
}

/**
 * The commands of a client. Each has a limit of `timeout` seconds, because clients queue commands while the
 * server is away. Redis may still run a command after its limit, so scripts must tolerate that.
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
