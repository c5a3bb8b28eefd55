import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Person, personOf } from './people.ts'

const lifeMs = 12 * 3_600_000

/**
 * Says who sends a request, by a signed cookie.
 *
 * REPLACE `signIn`: the demo lets everybody be everybody. Check a password, a passkey or the token of your identity provider there. The rest
 * may stay: the cookie is signed, ends after 12 hours, cannot be read by scripts, and is not sent by pages of other sites.
 */
export class Login {
  readonly #key: Buffer

  /** @param folder - Keeps the key, so that people stay logged in when the process is replaced. Several machines need one key: set DESK_KEY. */
  constructor(folder: string) {
    this.#key = readKey(join(folder, 'cookie.key'))
  }

  /** The person of a cookie header; `undefined` for nobody, and for a cookie that was changed or is too old. */
  personOf(cookies: string | null | undefined): Person | undefined {
    const [, value] = /(?:^|;\s*)desk=([^;]+)/.exec(cookies ?? '') ?? []
    const [id = '', until = '', signature = ''] = value?.split('.') ?? []
    if (!isEqual(signature, this.#sign(`${id}.${until}`)) || Number(until) < Date.now()) return undefined
    return personOf(id)
  }

  /** The header `set-cookie` that logs a person in. Behind TLS add `Secure`. */
  signIn(person: Person): string {
    const value = `${person.id}.${Date.now() + lifeMs}`
    return `desk=${value}.${this.#sign(value)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifeMs / 1_000}`
  }

  /** The header `set-cookie` that logs a person out. */
  signOut(): string {
    return 'desk=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'
  }

  #sign(value: string): string {
    return createHmac('sha256', this.#key).update(value).digest('base64url')
  }
}

function readKey(path: string): Buffer {
  const key = process.env['DESK_KEY']
  if (key) return Buffer.from(key)
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 })
  return readFileSync(path)
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
