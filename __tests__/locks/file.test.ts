import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileLock } from '../../src/locks/file.js'
import { fileName } from '../../src/locks/file-name.js'
import { gate } from '../contracts/case.js'
import { lockContract } from '../contracts/jest.js'
import { type Child, compileChild, startChild } from '../stores/child.js'

let script: string
const children: Child[] = []
const folders: string[] = []

beforeAll(async () => {
  script = await compileChild()
})
afterAll(async () => {
  for (const child of children) await child.kill()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oauth-lock-'))
  folders.push(folder)
  return folder
}

lockContract('fileLock', async () => {
  const folder = await newFolder()
  const options = { lease: 4, poll: 0.01 }
  return {
    lock: fileLock(folder, options),
    other: fileLock(folder, options),
    lease: 4,
    async hold(name) {
      const child = startChild(script, ['hold-file', folder, name])
      children.push(child)
      await child.line('inside')
      return child
    },
    // as a process does that believes the holder dead
    async lose(name) {
      const lockFolder = join(folder, `${fileName(name)}.lock`)
      const [held] = (await readdir(lockFolder)).filter(entry => /^\d+$/.test(entry))
      await writeFile(join(lockFolder, `${Number(held) + 1}.free`), '')
    },
  }
})

describe('fileLock', () => {
  const heldBy = async (holder: string) => {
    const folder = await newFolder()
    const lock = fileLock(folder, { lease: 1, poll: 0.01 })
    await lock('name', async () => {})
    const lockFolder = join(folder, `${fileName('name')}.lock`)
    const [free] = await readdir(lockFolder)
    const held = join(lockFolder, `${Number.parseInt(free ?? '', 10) + 1}`)
    await writeFile(held, holder)
    return { folder, lock, held }
  }

  // at the same time, because a lease takes as long as it takes
  it.concurrent.each([
    ['of another machine', 'elsewhere/boot/container 1'],
    ['that died while it wrote its name', ''],
  ])('takes over from a holder %s, after a lease of silence', async (_, holder) => {
    const { lock } = await heldBy(holder)
    await expect(lock('name', async () => 1, { maxWait: 0.4 })).rejects.toMatchObject({
      code: 'OAUTH_LOCK_TIMEOUT',
    })
    // what was watched in the first wait counts in the second
    await expect(lock('name', async () => 2, { maxWait: 1.5 })).resolves.toBe(2)
  })

  it.concurrent('believes no clock alone: a holder that stirs keeps the lock, however old its file looks', async () => {
    const { lock, held } = await heldBy('elsewhere/boot/container 1')
    let stirred = 0
    const timer = setInterval(() => void utimes(held, ++stirred, stirred), 100)
    await expect(lock('name', async () => 1, { maxWait: 2 })).rejects.toMatchObject({
      code: 'OAUTH_LOCK_TIMEOUT',
    })
    clearInterval(timer)
  })

  it.concurrent('keeps the lock of a section that is longer than a lease', async () => {
    const folder = await newFolder()
    const options = { lease: 0.4, poll: 0.01 }
    let lost = false
    const entered = gate()
    const holder = fileLock(folder, options)('name', async ({ signal }) => {
      entered.open()
      await new Promise(resolve => setTimeout(resolve, 1500))
      lost = signal.aborted
    })
    await entered.promise
    await expect(fileLock(folder, options)('name', async () => 1, { maxWait: 1.2 })).rejects.toMatchObject({
      code: 'OAUTH_LOCK_TIMEOUT',
    })
    await holder
    expect(lost).toBe(false)
  })

  it('leaves one file, whose name is only a number', async () => {
    const folder = await newFolder()
    const lock = fileLock(folder)
    for (let turn = 0; turn < 5; turn++) await lock('name', async () => {})
    const [entry] = await readdir(folder)
    const files = await readdir(join(folder, entry ?? ''))
    expect(files).toEqual(['5.free'])
    expect(await readFile(join(folder, entry ?? '', '5.free'), 'utf8')).toMatch(
      new RegExp(` ${process.pid}$`),
    )
  })

  it('keeps out a late claimant that creates a used number again', async () => {
    // it looked when 1 was free, and writes when 2 has come and gone
    const folder = await newFolder()
    const lock = fileLock(folder)
    await lock('name', async () => {})
    await lock('name', async () => {})
    const lockFolder = join(folder, `${fileName('name')}.lock`)
    await writeFile(join(lockFolder, '2'), 'late')
    await expect(lock('name', async () => (await readdir(lockFolder)).sort())).resolves.toEqual(['3'])
  })

  it('reports a problem of the directory with an OAuthError', async () => {
    const file = join(await newFolder(), 'file')
    await writeFile(file, '')
    await expect(fileLock(file)('name', async () => {})).rejects.toMatchObject({ code: 'OAUTH_STORE_READ' })
  })
})
