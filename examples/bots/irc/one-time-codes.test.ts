import { expect, test } from 'vitest'
import { codeAt, OneTimeCodes, toBase32 } from './one-time-codes.ts'

const secret = toBase32(Buffer.from('12345678901234567890'))

function newCodes(): OneTimeCodes {
  const used = new Set<string>()
  return new OneTimeCodes(secret, { has: (key) => used.has(key), mark: async (key) => void used.add(key) })
}

// The last six digits of the vectors of RFC 6238, appendix B.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [20_000_000_000, '353130'],
])('at %i seconds the code is %s', async (seconds, code) => {
  expect(codeAt(secret, Math.floor(seconds / 30))).toBe(code)
  expect(await newCodes().accept(code, seconds * 1_000)).toBe(true)
})

test('a code counts once, and half a minute before and after', async () => {
  const [codes, now] = [newCodes(), 1_700_000_010_000]
  const step = Math.floor(now / 30_000)
  expect(await codes.accept(codeAt(secret, step), now)).toBe(true)
  expect(await codes.accept(codeAt(secret, step), now)).toBe(false)
  expect(await codes.accept(codeAt(secret, step + 1), now)).toBe(true)
  expect(await codes.accept(codeAt(secret, step - 1), now)).toBe(true)
  for (const far of [-2, 2]) expect(await codes.accept(codeAt(secret, step + far), now)).toBe(false)
})

test('after ten wrong codes even the right one does not count for ten minutes', async () => {
  const [codes, now] = [newCodes(), 1_700_000_000_000]
  const right = codeAt(secret, Math.floor(now / 30_000))
  const wrong = right === '000000' ? '000001' : '000000'
  for (let attempt = 0; attempt < 10; attempt++) expect(await codes.accept(wrong, now)).toBe(false)
  expect(await codes.accept(right, now)).toBe(false)
  const later = now + 600_001
  expect(await codes.accept(codeAt(secret, Math.floor(later / 30_000)), later)).toBe(true)
})
