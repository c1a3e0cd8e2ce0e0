import axios from 'axios'
import {
  attachOAuth2,
  challenges,
  clientCredentialsGrant,
  createOAuth2Session,
  fetchToken,
} from '../../src/index.js'
import { readStepUp, stepUpParameters } from '../../src/oauth2/step-up.js'
import { gate } from '../servers/gate.js'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'

const details = [{ type: 'payment_initiation', instructed_amount: { currency: 'EUR', amount: '100.00' } }]
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const challenged = (remediation: string) =>
  readStepUp({
    status: 401,
    header: () => `Bearer error="insufficient_authorization", authorization_remediation=${remediation}`,
  })

test('a remediation becomes the authorization details of the next request', () => {
  const asked = challenged(encode({ authorization_details: details, authorization_reference: 'Yb7q3AC5d' }))
  expect(asked).toEqual({
    error: 'insufficient_authorization',
    authorization_details: JSON.stringify(details),
    authorization_reference: 'Yb7q3AC5d',
  })
  expect(stepUpParameters(asked as never, 'read')).toEqual({
    scope: 'read',
    authorization_details: JSON.stringify(details),
  })
})

test.each([
  ['"x"'],
  ['%%%'],
  [encode(null)],
  [encode([])],
  [encode({ authorization_details: 'all' })],
  [encode(7)],
])('a remediation that is none says nothing: %s', remediation => {
  expect(challenged(remediation)).toEqual({ error: 'insufficient_authorization' })
})

test('claims that are no object say nothing', () => {
  const claimed = (claims: unknown) =>
    readStepUp({
      status: 401,
      header: () => `Bearer error="insufficient_claims", claims="${encode(claims)}"`,
    })
  expect(claimed({ a: 1 })).toEqual({ error: 'insufficient_claims', claims: '{"a":1}' })
  for (const none of [null, [], 'text', 7]) expect(claimed(none)).toEqual({ error: 'insufficient_claims' })
})

describe('an API on a socket that asks for authorization details', () => {
  const servers: RunningServer[] = []
  let asked: (string | undefined)[]
  afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))

  /**
   * An instance whose session asks for the details of a challenge, and an API that challenges every token
   * but those that suffice; `remediation` makes its content.
   */
  async function world(
    remediation: (count: number) => object | Promise<object>,
    suffices: (token: string) => boolean,
  ) {
    asked = []
    let count = 0
    const auth = await listen(async (request, response) => {
      const form = new URLSearchParams(`${await readBody(request)}`)
      asked.push(form.get('authorization_details') ?? undefined)
      json(response, 200, { access_token: `at${asked.length}`, token_type: 'Bearer', expires_in: 600 })
    })
    const api = await listen(async (request, response) => {
      if (suffices(`${request.headers.authorization}`.replace('Bearer ', ''))) return json(response, 200, {})
      const content = encode(await remediation(++count))
      json(
        response,
        401,
        {},
        {
          'WWW-Authenticate': `Bearer error="insufficient_authorization", authorization_remediation=${content}`,
        },
      )
    })
    servers.push(auth, api)
    const session = createOAuth2Session({
      server: { token_endpoint: auth.url },
      client: { client_id: 'pay' },
      grant: clientCredentialsGrant(),
      challenges: challenges(async ({ parameters: { authorization_details } }) => {
        const parameters = { authorization_details }
        await fetchToken(session, clientCredentialsGrant(), { parameters, sameUser: true })
      }),
    })
    const instance = axios.create({ baseURL: api.url, validateStatus: () => true })
    attachOAuth2(instance, session)
    return instance
  }

  test('gets a token with them; all requests that wait for the same share it', async () => {
    const api = await world(
      () => ({ authorization_details: details, authorization_reference: 'one' }),
      token => token === 'at2',
    )
    const answers = await Promise.all([1, 2, 3].map(() => api.get('/pay')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(asked).toEqual([undefined, JSON.stringify(details)])
  })

  test('late, when the answer to the same challenge is there already: the new token is tried first', async () => {
    const accepted = gate()
    const api = await world(
      async count => {
        if (count === 2) await accepted.wait()
        return { authorization_details: details }
      },
      token => token === 'at2',
    )
    const [first, late] = [api.get('/pay'), api.get('/pay')]
    expect((await first).status).toBe(200)
    accepted.open()
    expect((await late).status).toBe(200)
    expect(asked).toHaveLength(2)
  })

  test('and refuses the new token for the same reference: nobody is asked again, whatever the details say', async () => {
    const api = await world(
      count => ({
        authorization_details: [{ type: 'payment_initiation', interaction: count }],
        authorization_reference: 'one',
      }),
      () => false,
    )
    for (let request = 0; request < 3; request++) expect((await api.get('/pay')).status).toBe(401)
    expect(asked).toHaveLength(2)
  })

  test('and asks for another reference: that is another challenge', async () => {
    const api = await world(
      count => ({ authorization_details: details, authorization_reference: `r${count}` }),
      token => token === 'at3',
    )
    expect((await api.get('/pay')).status).toBe(401)
    expect((await api.get('/pay')).status).toBe(200)
    expect(asked).toHaveLength(3)
  })
})
