import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileName } from '../../src/locks/file-name.js'
import { fileStore } from '../../src/stores/file.js'
import { storeContract } from '../contracts/jest.js'
import { sampleGrant } from '../contracts/store.js'
import { sized } from '../support/long.js'
import { compileChild, startChild } from './child.js'

const folders: string[] = []
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oauth-store-'))
  folders.push(folder)
  return folder
}
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

storeContract('fileStore', async () => {
  const folder = join(await newFolder(), 'made', 'by the store')
  return { store: fileStore(folder), other: fileStore(folder) }
})

describe('fileStore', () => {
  const fileOf = (folder: string, key: string) => join(folder, `${fileName(key)}.json`)

  it('is readable by its owner alone', async () => {
    const folder = join(await newFolder(), 'tokens')
    const store = fileStore(folder)
    await store.set('key', sampleGrant(1))
    await store.lock?.('key', async () => {})
    for (const path of ['', ...(await readdir(folder, { recursive: true }))]) {
      const { mode } = await stat(join(folder, path))
      expect((mode & 0o077).toString(8)).toBe('0')
    }
    expect(((await stat(fileOf(folder, 'key'))).mode & 0o777).toString(8)).toBe('600')
  })

  it('is readable by its owner alone, also where a file with other rights was', async () => {
    const folder = await newFolder()
    const path = fileOf(folder, 'key')
    await writeFile(path, JSON.stringify(sampleGrant(1)))
    await chmod(path, 0o644)
    await fileStore(folder).set('key', sampleGrant(2))
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
  })

  it.each(['', '{', 'null', '{"access_token":"secret"}', JSON.stringify({ ...sampleGrant(1), v: 2 })])(
    'calls a broken file by its name (%s), and can be written again',
    async text => {
      const folder = await newFolder()
      const store = fileStore(folder)
      await writeFile(fileOf(folder, 'key'), text)
      await expect(store.get('key')).rejects.toMatchObject({ code: 'OAUTH_STORE_VALUE' })
      await expect(store.get('key')).rejects.not.toThrow(/secret/)
      await expect(store.set('key', sampleGrant(1))).resolves.toBe(true)
      await expect(store.get('key')).resolves.toEqual(sampleGrant(1))
    },
  )

  it('lets an error of the file system through', async () => {
    const file = join(await newFolder(), 'file')
    await writeFile(file, '')
    await expect(fileStore(file).get('key')).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it('clears away what a killed process left', async () => {
    const folder = await newFolder()
    const store = fileStore(folder)
    await store.set('key', sampleGrant(1))
    const guard = join(folder, `${fileName('key')}.write`)
    await writeFile(join(guard, '0123456789abcdef'), 'half a gr')
    await store.set('key', sampleGrant(2))
    expect(await readdir(guard)).toEqual(['2.free'])
  })

  it('holds a whole grant, old or new, whenever a writer is killed', async () => {
    const script = await compileChild()
    let seed = 20_261_121
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed / 0x7fffffff
    }
    const rounds = sized(4, 50)
    const kills = { done: 0, lost: 0, torn: 0 }
    const lane = async () => {
      const folder = await newFolder()
      const store = fileStore(folder)
      for (let round = 0; round < rounds; round++) {
        const first = ((await store.get('key'))?.version ?? 0) + 1
        const child = startChild(script, ['write-file', folder, 'key', `${first}`, '300000'])
        await child.line('wrote')
        await new Promise(resolve => setTimeout(resolve, random() * 25))
        await child.kill()
        const written = child.output().trim().split('\n').length + first - 1
        kills.done++
        try {
          const text = await readFile(fileOf(folder, 'key'), 'utf8')
          const { version, ...rest } = JSON.parse(text)
          if (JSON.stringify({ version, ...rest }) !== JSON.stringify(reorder(version))) kills.torn++
          if (version < written) kills.lost++
        } catch {
          kills.torn++
        }
      }
    }
    const reorder = (version: number) => {
      const { version: _, ...rest } = sampleGrant(version, { id_token: 'x'.repeat(300_000) })
      return { version, ...rest }
    }
    await Promise.all(Array.from({ length: 4 }, () => lane()))
    expect(kills).toEqual({ done: 4 * rounds, lost: 0, torn: 0 })
  }, 400_000)
})
