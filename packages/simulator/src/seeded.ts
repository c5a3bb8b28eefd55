import { createHash } from 'node:crypto'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Makes the same ids and numbers for the same seed and label, in every process. */
export interface Seeded {
  /** Lower case hexadecimal text of the given length, at most 64. */
  hex(label: string, length: number): string
  /** Letters and digits, of the given length, at most 32. */
  base62(label: string, length: number): string
  /** A random-looking UUID, version 4 by its form. */
  uuid(label: string): string
  /** A number from 0 up to, not including, 1. */
  fraction(label: string): number
}

/** A source of ids and numbers that depend on the seed and the label alone. */
export function createSeeded(seed: number): Seeded {
  const digest = (label: string): Buffer => createHash('sha256').update(`${seed}\n${label}`).digest()
  const hex = (label: string, length: number): string => digest(label).toString('hex').slice(0, length)
  return {
    hex,
    base62(label, length) {
      return Array.from(digest(label).subarray(0, length), (byte) => BASE62[byte % BASE62.length]).join('')
    },
    uuid(label) {
      const digits = hex(label, 32)
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
    },
    fraction(label) {
      return digest(label).readUInt32BE(0) / 2 ** 32
    },
  }
}
