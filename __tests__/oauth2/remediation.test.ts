import { readStepUp, stepUpParameters } from '../../src/oauth2/step-up.js'

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
