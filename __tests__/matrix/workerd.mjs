/** Runs a worker in workerd, the runtime of Cloudflare Workers, whose binary the npm package brings. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A port that is free now: workerd does not tell which one it took. */
const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const settings = (port, date) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${date}",
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`

/** Asks until the worker listens. */
async function ask(url, body, isDown) {
  for (let tries = 0; tries < 100 && !isDown(); tries++) {
    try {
      return await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(120_000) })
    } catch (error) {
      if (error.cause?.code !== 'ECONNREFUSED') throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  throw new Error('workerd does not listen')
}

/** Starts workerd with one worker, sends it the cell, and answers the results that it answers. */
export async function runWorker(worker, { folder, binary, date }, cell) {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'worker.js'), worker)
  writeFileSync(join(folder, 'config.capnp'), settings(port, date))
  let output = ''
  const child = spawn(binary, ['serve', 'config.capnp'], { cwd: folder })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk
    })
  try {
    const response = await ask(
      `http://127.0.0.1:${port}/`,
      JSON.stringify(cell),
      () => child.exitCode !== null,
    )
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${error.message} ${output}`)
  } finally {
    child.kill('SIGKILL')
  }
}
