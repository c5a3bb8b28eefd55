import { createHmac, timingSafeEqual } from 'node:crypto'
import { isForBot } from '../shared/channel-bot.ts'

const stepMs = 30_000
const digits = 6
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** How codes are remembered that were used. */
export interface UsedCodes {
  has(key: string): boolean
  mark(key: string): Promise<void>
}

/**
 * Codes of an authenticator app, or of `npm run irc-bot -- --code`: six digits that only who has the secret can make, valid for half a minute and once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6238
 */
export class OneTimeCodes {
  readonly #secret: string
  readonly #used: UsedCodes
  /** When wrong codes were given, in milliseconds since the Unix epoch. */
  #wrong: readonly number[] = []

  constructor(secret: string, used: UsedCodes) {
    this.#secret = secret
    this.#used = used
  }

  /** True once for each code. After ten wrong codes in ten minutes no code counts, so that nobody can try them all. */
  async accept(code: string, now = Date.now()): Promise<boolean> {
    this.#wrong = this.#wrong.filter((at) => at > now - 600_000)
    if (this.#wrong.length >= 10) return false
    const step = Math.floor(now / stepMs)
    // The clock of a phone may be half a minute off.
    const match = [step, step - 1, step + 1].find((each) =>
      timingSafeEqual(Buffer.from(codeAt(this.#secret, each)), Buffer.from(code.padEnd(digits).slice(0, digits))),
    )
    if (match === undefined || code.length !== digits || this.#used.has(`code ${match}`)) {
      this.#wrong = [...this.#wrong, now]
      return false
    }
    await this.#used.mark(`code ${match}`)
    return true
  }
}

/** The code of a time step; that of now by default. */
export function codeAt(secret: string, step: number = Math.floor(Date.now() / stepMs)): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 0xf
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

/** The form in which authenticator apps take a secret. */
export function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** Takes the code out of `yes 1a2b 123456`. */
export function withoutCode(text: string): readonly [text: string, code: string | undefined] {
  const [, decision, code, rest = ''] = /^(\s*\w+\s+[0-9a-f]{4,64})\s+(\d{6})\b\s*(.*)$/is.exec(text) ?? []
  return decision !== undefined && code !== undefined && isForBot(decision) ? [`${decision} ${rest}`, code] : [text, undefined]
}
