import axios from 'axios'
import { attachOAuth2, createOAuth2Session } from '../../src/index.js'
import { identityAssertionGrant } from '../../src/jwt.js'
import type { ServerRequest } from '../../src/server/messages.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'
import { answer } from './support.js'

const TYPE = 'urn:ietf:params:oauth:token-type:'

/** A session at a server that answers the same to every call, and what was sent there. */
function sessionAt(host: string, body: object, options: object = {}) {
  const sent: ServerRequest[] = []
  const session = createSession(
    {
      server: { issuer: `https://${host}`, token_endpoint: `https://${host}/token` },
      client: { client_id: host.replace(/\..*/, '') },
      ...options,
    },
    {
      http: {} as never,
      send: async request => {
        sent.push(request)
        return answer(200, body)
      },
    },
  )
  return { session, bodies: () => sent.map(({ body }) => Object.fromEntries(body)) }
}

const idJag = { access_token: 'the.id.jag', issued_token_type: `${TYPE}id-jag`, token_type: 'N_A' }
const subject_token = 'an.id.token'
const resource = 'https://mail.example/api'

test('the identity provider is asked for an ID-JAG, the other server for a token', async () => {
  const idp = sessionAt('idp.example', idJag)
  const grant = identityAssertionGrant({ idp: idp.session, resource, scope: 'mail.read', subject_token })
  const mail = sessionAt('mail.example', { access_token: 'at', token_type: 'Bearer' }, { grant })
  expect((await mail.session.token()).access_token).toBe('at')
  expect(idp.bodies()).toEqual([
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: `${TYPE}id-jag`,
      audience: 'https://mail.example',
      resource,
      scope: 'mail.read',
      subject_token,
      subject_token_type: `${TYPE}id_token`,
      client_id: 'idp',
    },
  ])
  expect(mail.bodies()).toEqual([
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'the.id.jag',
      scope: 'mail.read',
      client_id: 'mail',
    },
  ])
})

test('the person is the one of the ID token that the session keeps', async () => {
  const idp = sessionAt('idp.example', idJag)
  const claims = Buffer.from('{"iss":"https://idp.example","sub":"anna"}').toString('base64url')
  await saveToken(idp.session, { access_token: 'x', id_token: `e30.${claims}.x` })
  const grant = identityAssertionGrant({ idp: idp.session })
  await sessionAt('mail.example', { access_token: 'at', token_type: 'Bearer' }, { grant }).session.token()
  expect(idp.bodies()[0]).toMatchObject({ subject_token: `e30.${claims}.x` })
})

test('without anybody signed in there is nothing to exchange', async () => {
  const idp = sessionAt('idp.example', idJag)
  const grant = identityAssertionGrant({ idp: idp.session })
  const mail = sessionAt('mail.example', {}, { grant })
  await expect(mail.session.token()).rejects.toMatchObject({ code: 'OAUTH_INTERACTION_REQUIRED' })
  expect([...idp.bodies(), ...mail.bodies()]).toEqual([])
})

test('a token of another kind is not passed on', async () => {
  const idp = sessionAt('idp.example', { ...idJag, issued_token_type: `${TYPE}access_token` })
  const grant = identityAssertionGrant({ idp: idp.session, subject_token })
  const mail = sessionAt('mail.example', {}, { grant })
  await expect(mail.session.token()).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  expect(mail.bodies()).toEqual([])
})

test('the refresh token of the identity provider can stand for the person', async () => {
  const idp = sessionAt('idp.example', idJag)
  await saveToken(idp.session, { access_token: 'x', refresh_token: 'r0', id_token: 'an.id.token' })
  const subject_token_type = `${TYPE}refresh_token`
  const grant = identityAssertionGrant({ idp: idp.session, subject_token_type })
  await sessionAt('mail.example', { access_token: 'at', token_type: 'Bearer' }, { grant }).session.token()
  expect(idp.bodies()).toMatchObject([{ subject_token: 'r0', subject_token_type }])
})

test('of a type that the session does not keep, the token must be given', async () => {
  const idp = sessionAt('idp.example', idJag)
  await saveToken(idp.session, { access_token: 'x', id_token: 'an.id.token' })
  const grant = identityAssertionGrant({ idp: idp.session, subject_token_type: `${TYPE}saml2` })
  const mail = sessionAt('mail.example', {}, { grant })
  await expect(mail.session.token()).rejects.toMatchObject({ code: 'OAUTH_INTERACTION_REQUIRED' })
  expect(idp.bodies()).toEqual([])
})

test('the audience is required where the other server has no issuer', async () => {
  const idp = sessionAt('idp.example', idJag)
  const server = { token_endpoint: 'https://mail.example/token' }
  const grant = identityAssertionGrant({ idp: idp.session, subject_token })
  const mail = sessionAt('mail.example', {}, { grant, server })
  await expect(mail.session.token()).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  expect(idp.bodies()).toEqual([])
})

test('an option that does not exist is an error', () => {
  const { session } = sessionAt('idp.example', idJag)
  const misspelt = { idp: session, subjectToken: 'an.id.token' }
  expect(() => identityAssertionGrant(misspelt)).toThrow(/subjectToken/)
})

describe('three servers on sockets', () => {
  const now = Math.floor(Date.now() / 1000)
  const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  const idToken = (exp: number) => jwt({ sub: 'anna', aud: 'chat', exp, iat: now, iss: issuer })
  const servers: RunningServer[] = []
  let asked: Record<string, string>[]
  /** The answers of the identity provider to a refresh, and to an exchange. */
  let refreshed: object
  let exchanged: object
  let issuer: string
  beforeEach(async () => {
    asked = []
    issuer = await tokenEndpoint(({ grant_type }) => (grant_type === 'refresh_token' ? refreshed : exchanged))
    refreshed = {
      access_token: 'i1',
      token_type: 'Bearer',
      refresh_token: 'r1',
      id_token: idToken(now + 300),
    }
    exchanged = { ...idJag, expires_in: 300 }
  })
  afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))

  const start = async (handle: Parameters<typeof listen>[0]) => {
    const server = await listen(handle)
    servers.push(server)
    return server.url
  }
  const tokenEndpoint = (answerTo: (form: Record<string, string>) => object) =>
    start(async (request, response) => {
      const form = Object.fromEntries(new URLSearchParams(`${await readBody(request)}`))
      asked.push(form)
      json(response, 200, answerTo(form))
    })

  /** An API's instance, whose session gets its tokens by the ID token of `idp`. */
  async function world(saved: { id_token: string; refresh_token?: string }, options: object = {}) {
    const mailUrl = await tokenEndpoint(() => ({ access_token: 'at', token_type: 'Bearer', expires_in: 60 }))
    const apiUrl = await start((request, response) =>
      json(response, request.headers.authorization === 'Bearer at' ? 200 : 401, {}),
    )
    const idp = createOAuth2Session({
      server: { issuer, token_endpoint: issuer },
      client: { client_id: 'chat' },
    })
    await saveToken(idp, { access_token: 'i0', ...saved })
    const mail = createOAuth2Session({
      server: { issuer: mailUrl, token_endpoint: mailUrl },
      client: { client_id: 'chat-at-mail' },
      grant: identityAssertionGrant({ idp, ...options }),
    })
    const api = axios.create({ baseURL: apiUrl })
    attachOAuth2(api, mail)
    return { api, idp, mailUrl }
  }

  test('a request is authorized by the ID token of the sign-in, with the details that were asked for', async () => {
    const authorization_details = JSON.stringify([{ type: 'chat_read' }])
    const { api, mailUrl } = await world({ id_token: idToken(now + 300) }, { authorization_details })
    expect((await api.get('/')).status).toBe(200)
    expect(asked).toMatchObject([
      { audience: mailUrl, subject_token: idToken(now + 300), authorization_details },
      { assertion: 'the.id.jag' },
    ])
    expect(asked[1]).not.toHaveProperty('authorization_details')
  })

  test('an ID token that has expired is renewed first', async () => {
    const { api, idp } = await world({ id_token: idToken(now - 1), refresh_token: 'r0' })
    expect((await api.get('/')).status).toBe(200)
    expect(asked.map(({ grant_type }) => grant_type?.replace(/.*:/, ''))).toEqual([
      'refresh_token',
      'token-exchange',
      'jwt-bearer',
    ])
    expect(asked[1]).toMatchObject({ subject_token: idToken(now + 300) })
    expect(idp.current()?.access_token).toBe('i1')
  })

  test.each([
    ['no refresh token', {}],
    ['a server that gives no new one', { refresh_token: 'r0' }],
  ])('an ID token that has expired, and %s: the person signs in again', async (_, saved) => {
    refreshed = { access_token: 'i1', token_type: 'Bearer' }
    const { api } = await world({ id_token: idToken(now - 1), ...saved })
    const error = await api.get('/').catch((error: unknown) => error)
    expect(error).toMatchObject({ cause: { code: 'OAUTH_INTERACTION_REQUIRED' } })
    expect(asked.filter(({ grant_type }) => grant_type !== 'refresh_token')).toEqual([])
  })

  test('the other server is asked for the scope that the identity provider allowed', async () => {
    exchanged = { ...idJag, scope: 'mail.read' }
    const { api } = await world({ id_token: idToken(now + 300) }, { scope: 'mail.read mail.send' })
    expect((await api.get('/')).status).toBe(200)
    expect(asked.map(({ scope }) => scope)).toEqual(['mail.read mail.send', 'mail.read'])
  })
})
