import { identityAssertionGrant } from '../../src/jwt.js'
import type { ServerRequest } from '../../src/server/messages.js'
import { saveToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
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
