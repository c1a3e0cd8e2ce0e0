import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

/** A process of its own that uses the stores and locks of this package. */
export interface Child {
  /** Resolves when the child has printed a line that begins with `start`; answers the rest of the line. */
  line(start: string): Promise<string>
  /** Everything printed so far. */
  output(): string
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** Resolves with the exit code (null when killed). */
  readonly exited: Promise<number | null>
}

/** Compiles child-main.ts, with what it imports, to a file that plain node runs; answers its path. */
export async function compileChild(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oauth-child-'))
  await build({
    entryPoints: { child: join(__dirname, 'child-main.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // so that only who needs a Redis client loads one
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    logLevel: 'error',
    // the Redis clients are CommonJS and require node's own modules
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
  return join(folder, 'child.mjs')
}

/** Starts a compiled child. */
export function startChild(script: string, args: string[]): Child {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  const waiting = new Set<() => void>()
  const exited = new Promise<number | null>(resolve => {
    child.once('close', code => {
      resolve(code)
      for (const look of waiting) look()
    })
  })
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
    for (const look of waiting) look()
  })
  return {
    exited,
    output: () => text,
    line: start =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = text
            .split('\n')
            .slice(0, -1)
            .find(line => line.startsWith(start))
          if (found === undefined) {
            if (child.exitCode !== null) reject(new Error(`the child ended without "${start}": ${text}`))
            return
          }
          waiting.delete(look)
          resolve(found.slice(start.length).trim())
        }
        waiting.add(look)
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
