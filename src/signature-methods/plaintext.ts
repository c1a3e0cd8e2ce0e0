import type { SignatureMethod } from './signature-method.js'

/**
 * PLAINTEXT: the secrets themselves are the signature, so it is refused without https (except on loopback).
 * @see https://www.rfc-editor.org/rfc/rfc5849#section-3.4.4
 */
export const plaintext = (): SignatureMethod => ({
  name: 'PLAINTEXT',
  sync: true,
  plain: true,
  sign: (_, key) => key,
})
