import { createHash } from 'node:crypto'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Generates ids and numbers that depend only on a seed and a label: the same in every process. */
export class Seeded {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Lower-case hexadecimal text of the given length, at most 64. */
  hex(label: string, length: number): string {
    return this.#digest(label).toString('hex').slice(0, length)
  }

  /** Letters and digits, of the given length, at most 32. */
  base62(label: string, length: number): string {
    return Array.from(this.#digest(label).subarray(0, length), (byte) => BASE62[byte % BASE62.length]).join('')
  }

  /** A UUID in the form of version 4. */
  uuid(label: string): string {
    const digits = this.hex(label, 32)
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
  }

  /** A number from 0 up to, but not including, 1. */
  fraction(label: string): number {
    return this.#digest(label).readUInt32BE(0) / 2 ** 32
  }

  #digest(label: string): Buffer {
    return createHash('sha256').update(`${this.#seed}\n${label}`).digest()
  }
}
