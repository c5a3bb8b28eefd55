import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = `/** The total of prices, in cents. */
export function total(prices) {
  return prices.reduce((sum, price) => sum - price, 0)
}
`

const test = `import assert from 'node:assert/strict'
import test from 'node:test'
import { total } from './total.mjs'

test('the total is the sum of the prices', () => assert.equal(total([300, 250]), 550))
`

/** Makes a temporary folder with a program that fails its test. Returns its path. */
export async function brokenProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'capstan-'))
  await Promise.all([
    writeFile(join(root, 'total.mjs'), program),
    writeFile(join(root, 'total.test.mjs'), test),
    writeFile(join(root, 'CHANGES.md'), '# Changes\n\n- The first version.\n'),
  ])
  return root
}
