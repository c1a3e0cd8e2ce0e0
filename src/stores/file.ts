import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isOAuthError } from '../errors.js'
import { fileLock } from '../locks/file.js'
import { fileName } from '../locks/file-name.js'
import type { Lock, StoredGrant, TokenStore } from '../session/stored-grant.js'
import { defineStore } from './define-store.js'
import { parseGrant } from './record.js'

/** Options of {@link fileStore}. */
export interface FileStoreOptions {
  /** Default: a lock in the same directory, for all processes that use it. */
  lock?: Lock
}

/**
 * Keeps grants in a directory that only its owner can read (it is created if missing), one file for each key.
 * A file is replaced as a whole or not at all, even if the process or the machine stops. It suits
 * command-line tools and services on one machine; a network folder works if it has atomic renames and
 * exclusive creation.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'my-cli' },
 *   store: fileStore(`${process.env.HOME}/.config/my-cli`),
 *   key: 'default',
 * })
 * @throws OAuthError `OAUTH_STORE_VALUE` from `get` when a file is broken; errors of the file system
 */
export function fileStore(directory: string, options: FileStoreOptions = {}): TokenStore {
  const { lock = fileLock(directory) } = options
  // Compare-and-set is one step, even for a process that has lost the session's lock without knowing.
  const guard = fileLock(directory, { lease: 10, poll: 0.01, suffix: '.write' })
  const path = (key: string) => join(directory, `${fileName(key)}.json`)
  // Drafts lie in the folder of the guard, so the next holder removes those of a killed process.
  const draft = (key: string) => join(directory, `${fileName(key)}.write`, randomBytes(8).toString('hex'))

  const get = async (key: string): Promise<StoredGrant | undefined> => {
    const text = await readText(path(key))
    return text === undefined ? undefined : parseGrant(text)
  }

  return defineStore({
    shared: true,
    get,
    lock,
    set: (key, next) =>
      guard(key, async () => {
        const stored = await get(key).catch(brokenIsAbsent)
        if (stored && stored.version >= next.version) return false
        await replace(path(key), draft(key), JSON.stringify(next))
        return true
      }),
    delete: key => guard(key, () => rm(path(key), { force: true })),
  })
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function brokenIsAbsent(error: unknown): undefined {
  if (!isOAuthError(error, 'OAUTH_STORE_VALUE')) throw error
}

/** Writes a draft and renames it, so that a reader finds the old text or the new one, even after a crash. */
async function replace(path: string, draft: string, text: string): Promise<void> {
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  // The rename survives a power cut only if the directory is synced, which not every system can.
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}
