import { spawn, spawnSync } from 'node:child_process'

/**
 * A Python that can import these modules. Debian’s packages belong to Debian’s Python, which need not come
 * first.
 */
export const pythonWith = (modules: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find(
    command => spawnSync(command, ['-c', `import ${modules}`]).status === 0,
  )

/** Starts a server of a Python program that prints its port. */
export async function startPython(
  python: string | undefined,
  program: string,
  environment: Record<string, string>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const running = spawn(python as string, [program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    running.stdout.once('data', data => resolve(`${data}`.trim()))
    running.once('exit', status => reject(new Error(`${program} ended with ${status}`)))
  })
  const stop = () =>
    new Promise<void>(resolve => {
      running.once('exit', () => resolve())
      running.kill()
    })
  return { url: `http://127.0.0.1:${port}`, stop }
}
