import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachOAuth1, hmacSha1, plaintext } from '../../src/index.js'
import { axiosVersions } from '../support/axios-versions.js'

const closing: http.Server[] = []
afterAll(() => {
  for (const server of closing) server.close()
})

/** A server that answers `/to?…` with a redirect and remembers the `Authorization` of everything. */
async function listen() {
  const seen: Array<[url: string, authorization: string | undefined]> = []
  const server = http.createServer((request, response) => {
    seen.push([request.url as string, request.headers.authorization])
    const { searchParams } = new URL(request.url as string, 'http://x')
    const to = searchParams.get('to')
    response.writeHead(to ? 302 : 200, to ? { location: to } : {})
    response.end('{}')
  })
  closing.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe.each(axiosVersions.map(version => [version.name, version] as const))(
  'a redirect with axios %s',
  (_name, { module }) => {
    test.each([
      ['HMAC-SHA1', hmacSha1()],
      ['PLAINTEXT', plaintext()],
    ])(
      'is signed again on the same origin and never on another, not even an allowed one (%s)',
      async (_method, signatureMethod) => {
        const [one, other] = [await listen(), await listen()]
        const api = (require(module) as typeof import('axios').default).create({ baseURL: one.origin })
        attachOAuth1(
          api,
          {
            client: { key: 'k', secret: 's' },
            token: { oauth_token: 't', oauth_token_secret: 'ts' },
            signatureMethod,
          },
          { allowedOrigins: [one.origin, other.origin] },
        )
        await api.get('/a', { params: { to: '/b' } })
        const nonces = one.seen.map(([, header]) => /oauth_nonce="([^"]+)"/.exec(header ?? '')?.[1])
        expect(nonces).toEqual([expect.any(String), expect.any(String)])
        expect(nonces[0]).not.toBe(nonces[1])

        await api.get('/a', {
          params: { to: `${other.origin}/b?to=${encodeURIComponent(`${other.origin}/c`)}` },
        })
        expect(other.seen.map(([, header]) => header)).toEqual([undefined, undefined])
      },
    )
  },
)
