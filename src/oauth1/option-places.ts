const called = (name: string) => `It is called ${name}.`

/** Option names of other libraries, and their names here. */
export const optionPlaces: Readonly<Record<string, string>> = {
  consumer: called('client: { key, secret }'),
  consumerKey: called('client.key'),
  client_key: called('client.key'),
  consumerSecret: called('client.secret'),
  client_secret: called('client.secret'),
  method: called('signatureMethod'),
  algorithm: called('signatureMethod'),
  signature_method: called('signatureMethod'),
  callback: 'It belongs to createOAuth1AuthorizationUrl().',
}
