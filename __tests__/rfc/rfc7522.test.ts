import type { GrantContext, TokenEndpoint } from '../../src/grants/grant.js'
import { type Saml2BearerOptions, saml2BearerGrant } from '../../src/grants/saml2-bearer.js'

async function sent(options: Saml2BearerOptions, context: Partial<GrantContext> = {}) {
  const requests: Array<Record<string, unknown>> = []
  const endpoint: TokenEndpoint = async parameters => {
    requests.push({ ...parameters })
    return { access_token: 'a' }
  }
  await saml2BearerGrant(options)(endpoint, context as GrantContext)
  return requests[0]
}

const xml = '<Assertion ID="_1"><NameID>ünï~?></NameID></Assertion>'

describe('RFC 7522 SAML 2.0 Profile', () => {
  test('section 2.1: the grant type, one assertion, the scope', async () => {
    expect(await sent({ assertion: xml, scope: 'read' })).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
      assertion: Buffer.from(xml).toString('base64url'),
      scope: 'read',
      resource: undefined,
    })
  })

  test('section 2.1: the assertion MUST be base64url, MUST NOT be wrapped or padded', async () => {
    const request = await sent({ assertion: `\n${xml}\n` })
    expect(request?.assertion).toMatch(/^[\w-]+$/)
    expect(Buffer.from(`${request?.assertion}`, 'base64url').toString()).toBe(xml)
  })

  test('section 2.1: an encoded assertion is sent unchanged', async () => {
    const assertion = Buffer.from(xml).toString('base64url')
    expect((await sent({ assertion }))?.assertion).toBe(assertion)
  })

  test('section 2.1: … also where it comes as base64 in lines, with padding', async () => {
    // all of + / and = are in it
    const text = `${xml}<!--???>>>-->`
    const base64 = Buffer.from(text).toString('base64')
    expect(base64).toMatch(/(?=.*\+)(?=.*\/)/)
    const wrapped = `${base64.replace(/(.{20})/g, '$1\r\n')}=\n`
    expect((await sent({ assertion: wrapped }))?.assertion).toBe(Buffer.from(text).toString('base64url'))
  })

  test('section 3: an assertion is short-lived: a function is asked for each', async () => {
    let made = 0
    const assertion = async () => `<a>${++made}</a>`
    expect((await sent({ assertion }))?.assertion).not.toBe((await sent({ assertion }))?.assertion)
  })

  test('the target of session.for() wins over the options', async () => {
    const request = await sent(
      { assertion: xml, scope: 'a' },
      { scope: 'b', resource: 'https://api.example' },
    )
    expect(request).toMatchObject({ scope: 'b', resource: 'https://api.example' })
  })
})
