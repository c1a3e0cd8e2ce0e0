import { type Case, type Cell, inBrowser, same, since, since0, type World } from './world.js'

/** A body, made anew for every request: a stream can be sent once only. */
interface Body {
  name: string
  make: (cell: Cell) => unknown
  headers?: Record<string, string>
  lacks?: Case['lacks']
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const hasFormData = (cell: Cell) =>
  typeof FormData === 'undefined' || (!inBrowser(cell) && !since(cell, 1, 4))
    ? 'axios sends no FormData here before 1.4'
    : undefined
const hasBlob = (cell: Cell) =>
  typeof Blob === 'undefined' || (!inBrowser(cell) && !since(cell, 1, 4))
    ? 'axios sends no Blob here before 1.4'
    : undefined

function formData(): FormData {
  const form = new FormData()
  form.append('name', 'Anna & Bob')
  form.append('file', new Blob(['content']), 'a.txt')
  return form
}

const bodies: Body[] = [
  { name: 'an object as JSON', make: () => ({ a: 1, b: ['x', { c: null }] }) },
  { name: 'an array as JSON', make: () => [1, 2, 3] },
  { name: 'text', make: () => 'ü plain & text', headers: { 'Content-Type': 'text/plain' } },
  { name: 'JSON text', make: () => '{"a":"b"}', headers: { 'Content-Type': 'application/json' } },
  { name: 'a form as text', make: () => 'a=b%20c&d=%C3%BC', headers: FORM },
  { name: 'URLSearchParams', make: () => new URLSearchParams({ a: 'b c', d: 'ü+&' }) },
  {
    name: 'bytes',
    make: () => new Uint8Array([0, 37, 128, 255]).buffer,
    headers: { 'Content-Type': 'application/octet-stream' },
  },
  { name: 'FormData', make: formData, lacks: hasFormData },
  { name: 'a Blob', make: () => new Blob(['blob content'], { type: 'text/plain' }), lacks: hasBlob },
  {
    name: 'a plain object as a form',
    make: () => ({ a: 'b c', d: 1 }),
    headers: FORM,
    lacks: cell => !since0(cell, 30) && 'axios sends JSON under a form type before 0.30',
  },
  {
    name: 'a plain object as multipart',
    make: () => ({ a: 'b', n: 1 }),
    headers: { 'Content-Type': 'multipart/form-data' },
    lacks: cell =>
      (!since0(cell, 27) && 'axios makes no multipart of an object before 0.27') ||
      (cell.adapter === 'fetch' &&
        !inBrowser(cell) &&
        'the fetch adapter of axios sends [object FormData] here'),
  },
  { name: 'no body', make: () => undefined },
]

interface Echo {
  contentType?: string
  body: string
  method: string
}

/** A boundary is random: two sends differ by it alone. */
function comparable({ contentType = '', body, method }: Echo): unknown {
  const text = atob(body)
  // the fetch adapter of axios sends FormData under a form type, without naming the boundary
  const boundary = /boundary=("?)([^";]+)\1/.exec(contentType)?.[2] ?? /^--(\S+)\r\n/.exec(text)?.[1]
  const plain = (value: string) => (boundary ? value.split(boundary).join('BOUNDARY') : value)
  return { method, contentType: plain(contentType), body: plain(text) }
}

// biome-ignore lint/suspicious/noExplicitAny: an instance of any version
const send = async (instance: any, method: string, url: string, body: Body, cell: Cell): Promise<Echo> => {
  const config = { method, url, data: body.make(cell), ...(body.headers && { headers: { ...body.headers } }) }
  return (await instance.request(config)).data
}

/** What a bare instance of the same version sends is what an attached one must send, also the second time. */
async function likeBare(world: World, method: string, body: Body): Promise<void> {
  const bare = await send(world.create(), method, `${world.free}/echo`, body, world).catch(() => undefined)
  const api = world.attached()
  if (!bare) {
    // what axios itself refuses is refused with us as well
    const failed = await send(api, method, '/echo', body, world).then(
      () => false,
      () => true,
    )
    return same(failed, true, 'axios alone refuses this; refusing it with us')
  }
  await world.session.token()
  await world.control('expire')
  const healed = await send(api, method, '/echo', body, world)
  same(comparable(healed), comparable(bare), 'what arrived')
  const { arrivals, made } = await world.control('log')
  const sent = arrivals.filter(({ path }) => path.includes('/api/'))
  same(made, 2, 'the number of token requests')
  same(sent.length, 2, 'the number of sends')
  same(comparable(sent[0] as Echo), comparable(sent[1] as Echo), 'the second send')
}

/** A stream is sent once; after a refusal the caller is told why it cannot be sent again. */
const streams: Case[] = [
  {
    name: 'a stream is sent with a token',
    lacks: cell => (inBrowser(cell) || cell.adapter !== 'http') && 'needs a Node stream over http',
    async run(world) {
      const { Readable } = await import('node:stream')
      const data = Readable.from([Buffer.from('part')])
      const headers = { 'Content-Type': 'application/octet-stream' }
      const { data: echo } = await world.attached().post('/echo', data, { headers })
      same(atob(echo.body), 'part', 'the body')
    },
  },
]

/** Every kind of body, sent, refused, renewed and sent again. */
export const bodyCases: Case[] = [
  ...bodies.map(body => ({
    name: `POST ${body.name}: renewed and sent again as axios alone sends it`,
    ...(body.lacks && { lacks: body.lacks }),
    run: (world: World) => likeBare(world, 'post', body),
  })),
  ...(['put', 'patch', 'delete'] as const).map(method => ({
    name: `${method.toUpperCase()} with a JSON body`,
    run: (world: World) => likeBare(world, method, bodies[0] as Body),
  })),
  ...streams,
]
