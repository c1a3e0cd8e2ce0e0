import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'

// Node makes keys but no certificates: these are the few lines of DER that it takes, so that no openssl is
// needed

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string) => der(0x0c, Buffer.from(text))
const time = (at: Date) => der(0x18, Buffer.from(at.toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, '')))

const attributes = { CN: '550403', O: '55040a' } as const
/** What a subject or an issuer consists of. */
export type DistinguishedName = Partial<Record<keyof typeof attributes, string>>

const nameOf = (name: DistinguishedName) =>
  sequence(
    ...Object.entries(name).map(([key, value]) =>
      der(0x31, sequence(oid(attributes[key as keyof typeof attributes]), utf8(value))),
    ),
  )

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const TRUE = der(0x01, Buffer.from([0xff]))

/** A certificate with its private key, both as PEM. */
export interface Certificate {
  cert: string
  key: string
  /** The certificate without its armour, as `x5c` has it. */
  x5c: string
  /** Its SHA-256 fingerprint, as `x5t#S256` has it. */
  thumbprint: string
  publicKey: KeyObject
  subject: DistinguishedName
}

/** Options of {@link createCertificate}. */
export interface CertificateOptions {
  subject: DistinguishedName
  /** Who signs it; default: itself. */
  issuer?: Certificate
  /** It may sign others. */
  authority?: boolean
  /** Names of a server or client: host names and IPv4 addresses. */
  names?: string[]
}

/** Makes a key (P-256) and a certificate for it, good for a day. */
export function createCertificate({
  subject,
  issuer,
  authority,
  names = [],
}: CertificateOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const alternatives = names.map(name =>
    /^[\d.]+$/.test(name)
      ? der(0x87, Buffer.from(name.split('.').map(Number)))
      : der(0x82, Buffer.from(name)),
  )
  const extensions = [
    sequence(oid('551d13'), TRUE, der(0x04, sequence(...(authority ? [TRUE] : [])))),
    ...(names.length > 0 ? [sequence(oid('551d11'), der(0x04, sequence(...alternatives)))] : []),
  ]
  const now = Date.now()
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(issuer?.subject ?? subject),
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + 86_400_000))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, issuer?.key ?? key)
  const raw = sequence(content, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  const x5c = raw.toString('base64')
  const cert = `-----BEGIN CERTIFICATE-----\n${x5c.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
  const thumbprint = Buffer.from(new X509Certificate(cert).fingerprint256.replace(/:/g, ''), 'hex').toString(
    'base64url',
  )
  return { cert, key, x5c, thumbprint, publicKey, subject }
}
