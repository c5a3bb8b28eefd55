import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { paths } from '../paths.ts'

test('the results are one file, and the charts that docs/performance.md shows', () => {
  const shown = [...readFileSync(paths.docs, 'utf8').matchAll(/packages\/bench\/results\/(s\w+\.svg)/g)].map(([, name]) => name)
  expect(readdirSync(paths.results).sort()).toEqual(['results.json', ...shown].sort())
})
