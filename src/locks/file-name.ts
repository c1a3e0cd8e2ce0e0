import { createHash } from 'node:crypto'

/**
 * A file name for any key: a readable part, and a digest that keeps keys apart where the file system does not
 * (case, Unicode form, length).
 */
export function fileName(key: string): string {
  const readable = key.replace(/[^a-z0-9]+/gi, '-').slice(0, 40)
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}
