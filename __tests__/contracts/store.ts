import type { StoredGrant, TokenStore } from '../../src/session/stored-grant.js'
import { type Case, must, mustEqual } from './case.js'

/** What a store must bring to be tested: itself, and how it looks from elsewhere. */
export interface StoreSubject {
  store: TokenStore
  /** A second handle on the same medium, as another tab, process or machine has one. */
  other?: TokenStore
  /** False for a store that can compare before it writes only under its lock. Default true. */
  atomic?: boolean
  close?(): unknown
}

/** A grant that holds everything a grant can hold. */
export function sampleGrant(version: number, more: Partial<StoredGrant> = {}): StoredGrant {
  return {
    v: 1,
    grantId: 'grant-1',
    version,
    issuer: 'https://auth.example.com/tenant?a=b',
    client_id: 'client',
    refresh_token: `refresh-${version}`,
    id_token: 'e30.e30.',
    tokens: {
      '': {
        access_token: `access-${version}`,
        token_type: 'Bearer',
        expires_at: 1_700_000_000 + version,
        scope: 'a b',
      },
      'https://api.example.com/ read': { access_token: 'other', extra: { nested: ['x', 1, true, null] } },
    },
    ...more,
  }
}

/** Keys that differ, though a careless medium takes some of them for the same. */
export const oddKeys: readonly string[] = [
  'key',
  'Key',
  'key ',
  'key:1',
  'key/1',
  '../key',
  'key%2F1',
  'key*',
  'key\u0000',
  '',
  '__proto__',
  'constructor',
  'toString',
  'caf\u00e9',
  'cafe\u0301',
  '\u{1f511}\u{1f512}',
  'https://auth.example.com|client',
  'k'.repeat(500),
  `${'k'.repeat(500)}2`,
]

/** What every store must do; each case makes its own store and closes it. */
export function storeCases(make: () => StoreSubject | Promise<StoreSubject>): Case[] {
  const cases: Case[] = []
  const add = (name: string, body: (subject: StoreSubject & { other: TokenStore }) => Promise<void>) =>
    cases.push({
      name,
      async run() {
        const subject = await make()
        try {
          await body({ ...subject, other: subject.other ?? subject.store })
        } finally {
          await subject.close?.()
        }
      },
    })

  add('knows nothing of a key nobody wrote', async ({ store }) => {
    must((await store.get('absent')) === undefined, 'an absent key must be undefined')
  })

  add('gives back what was written, here and elsewhere', async ({ store, other }) => {
    const grant = sampleGrant(1, { ended: { reason: 'revoked', at: 1_700_000_000 } })
    must((await store.set('key', grant)) !== false, 'the first write must not be refused')
    mustEqual(await store.get('key'), grant, 'read back')
    mustEqual(await other.get('key'), grant, 'read elsewhere')
  })

  add('takes the first write at any version', async ({ store }) => {
    must((await store.set('key', sampleGrant(41))) !== false, 'nothing is stored, so nothing is newer')
    mustEqual((await store.get('key'))?.version, 41, 'version')
  })

  add('replaces the whole record by a newer one', async ({ store, other }) => {
    await store.set('key', sampleGrant(1, { ended: { reason: 'revoked', at: 1 } }))
    const next: StoredGrant = { v: 1, grantId: 'grant-2', version: 2, tokens: {} }
    must((await other.set('key', next)) !== false, 'a newer version must be written')
    mustEqual(await store.get('key'), next, 'nothing of the old record may remain')
    must((await store.set('key', sampleGrant(10))) !== false, 'versions may skip')
    must((await store.set('key', sampleGrant(11))) !== false, 'versions are numbers, not text')
    must((await store.set('key', sampleGrant(100))) !== false, 'versions are numbers, not text')
    must((await store.set('key', sampleGrant(9))) === false, 'versions are numbers, not text')
  })

  add('refuses the same and a lower version, and writes nothing', async ({ store, other }) => {
    await store.set('key', sampleGrant(5))
    for (const version of [5, 4, 0]) {
      const late = sampleGrant(version, { grantId: 'late' })
      must((await store.set('key', late)) === false, `version ${version} after 5 must answer false`)
      must((await other.set('key', late)) === false, `version ${version} after 5 must answer false elsewhere`)
    }
    mustEqual(await store.get('key'), sampleGrant(5), 'the newer record stands')
  })

  add('deletes, and may start again from one', async ({ store, other }) => {
    await store.delete('absent')
    await store.set('key', sampleGrant(7))
    await other.delete('key')
    must((await store.get('key')) === undefined, 'a deleted key must be undefined')
    must((await store.set('key', sampleGrant(1))) !== false, 'after a delete nothing is newer')
  })

  add('keeps keys apart, odd ones too', async ({ store, other }) => {
    for (const [index, key] of oddKeys.entries()) {
      must((await store.get(key)) === undefined, `key ${JSON.stringify(key)} is taken for another`)
      await store.set(key, sampleGrant(index + 1, { grantId: key }))
    }
    for (const [index, key] of oddKeys.entries())
      mustEqual(await other.get(key), sampleGrant(index + 1, { grantId: key }), `key ${JSON.stringify(key)}`)
    await store.delete('key')
    mustEqual((await store.get('Key'))?.version, 2, 'a delete touches one key')
  })

  add('keeps a copy: nobody can change what is stored', async ({ store }) => {
    const grant = sampleGrant(1)
    await store.set('key', grant)
    grant.refresh_token = 'changed'
    const read = await store.get('key')
    must(read, 'stored')
    read.version = 9
    read.tokens['']!.access_token = 'changed'
    mustEqual(await store.get('key'), sampleGrant(1), 'the stored record')
    must((await store.set('key', sampleGrant(2))) !== false, 'the stored version')
  })

  add('keeps any text, and much of it', async ({ store, other }) => {
    const text = '\u0000\u0001"\\\n\u2028\ud7ff\u{1f511}caf\u00e9 %41+&=\u007f</script>'
    const grant = sampleGrant(1, { refresh_token: text, id_token: 'x'.repeat(100_000) })
    grant.tokens[text] = { access_token: text, [text]: text }
    await store.set('key', grant)
    mustEqual(await other.get('key'), grant, 'read back')
  })

  add('lets one of two writers of the same version win', async ({ store, other, atomic = true }) => {
    const lock = store.lock
    for (let version = 1; version <= 5; version++) {
      const writers = [store, other, store, other].map((writer, index) => {
        const write = async () => writer.set('key', sampleGrant(version, { grantId: `writer-${index}` }))
        return atomic || !writer.lock ? write() : writer.lock('key', write)
      })
      const answers = await Promise.all(writers)
      mustEqual(answers.filter(answer => answer !== false).length, 1, 'writers that were told they won')
      const winner = answers.findIndex(answer => answer !== false)
      mustEqual((await other.get('key'))?.grantId, `writer-${winner}`, 'the winner')
    }
    must(atomic || lock, 'a store that does not compare by itself needs a lock')
  })

  add('never shows half of a write to a reader', async ({ store, other }) => {
    await store.set('key', sampleGrant(1))
    let writing = true
    const reads = (async () => {
      while (writing) {
        const read = await other.get('key')
        must(read, 'a record that is being replaced is never absent')
        mustEqual(read, sampleGrant(read.version), 'a whole record')
        await new Promise(resolve => setTimeout(resolve))
      }
    })()
    const writes = (async () => {
      try {
        for (let version = 2; version <= 30; version++) await store.set('key', sampleGrant(version))
      } finally {
        writing = false
      }
    })()
    await Promise.all([reads, writes])
  })

  add('tells when somebody else wrote, until the subscription ends', async ({ store, other }) => {
    if (!store.subscribe || other === store) return
    let told = 0
    const end = store.subscribe('key', () => told++)
    // a subscription may need a moment to reach the medium; writes go on until it has
    for (let version = 1; !told; version++) {
      must(version < 500, 'nobody told of a write')
      await other.set('other key', sampleGrant(version))
      await other.set('key', sampleGrant(version))
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    end()
    await new Promise(resolve => setTimeout(resolve, 50))
    const before = told
    await other.set('key', sampleGrant(1000))
    await new Promise(resolve => setTimeout(resolve, 50))
    mustEqual(told, before, 'notices after the end of the subscription')
  })

  add('tells nothing of other keys', async ({ store, other }) => {
    if (!store.subscribe || other === store) return
    let told = 0
    let witness = 0
    const ends = [store.subscribe('key', () => told++), store.subscribe('witness', () => witness++)]
    for (let version = 1; !witness; version++) {
      must(version < 500, 'nobody told of a write')
      await other.set('other', sampleGrant(version))
      await other.set('witness', sampleGrant(version))
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    for (const end of ends) end()
    mustEqual(told, 0, 'notices about a key nobody wrote')
  })

  add('guards what it shares', async ({ store }) => {
    if (!store.lock) return must(!store.shared, 'a store that many users share needs a lock')
    mustEqual(await store.lock('key', async () => 'inside'), 'inside', 'the lock')
  })

  return cases
}
