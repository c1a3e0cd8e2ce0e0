import { checkOptions } from '../../src/lib/check-options'
import { checkOptions as lightCheckOptions } from '../../src/lib/check-options.light'

const known = ['signatureMethod', 'server', 'client', 'clientAuth', 'grant', 'key', 'redirect_uri']

/** What the refusal says. */
const refusal = (options: object, places?: Record<string, string>) => {
  try {
    checkOptions(options, known, places)
  } catch (error) {
    return error
  }
  return undefined
}

test.each([
  ['signature_method', 'signatureMethod'],
  ['signaturemethod', 'signatureMethod'],
  ['redirectUri', 'redirect_uri'],
  ['grants', 'grant'],
  ['sever', 'server'],
  ['clientauht', 'clientAuth'],
  ['authServer', 'server'],
])('%s is refused, and %s suggested', (name, meant) => {
  expect(refusal({ key: 'x', [name]: 1 })).toMatchObject({
    code: 'OAUTH_INVALID_OPTION',
    message: `There is no option called ${name}. Did you mean ${meant}?`,
  })
})

test('a name that belongs elsewhere is sent there', () => {
  const places = { scope: 'It stands in the grant: clientCredentialsGrant({ scope }).' }
  expect(refusal({ scope: 'read' }, places)).toMatchObject({
    message: 'There is no option called scope. It stands in the grant: clientCredentialsGrant({ scope }).',
  })
})

test('where nothing is alike nothing is suggested', () => {
  expect(refusal({ constructor: 1 }, {})).toMatchObject({
    message: `There is no option called constructor. Remove it; there are ${known.join(', ')}.`,
  })
})

test('known options pass, also those without a value, and no options at all', () => {
  expect(refusal({ server: undefined, client: {} })).toBeUndefined()
  expect(() => checkOptions(undefined, known)).not.toThrow()
})

test('the light build refuses them too', () => {
  expect(() => lightCheckOptions({ grants: 1 }, known)).toThrow('grants')
  expect(() => lightCheckOptions({ grant: 1 }, known)).not.toThrow()
})
