import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = dirname(fileURLToPath(import.meta.url))

/** Packages that importing an entry point loads, itself and all its own modules. */
function packagesOf(entry: string, seen: Set<string> = new Set()): string[] {
  const file = join(source, entry)
  if (seen.has(file)) return []
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  const specifiers = [...text.matchAll(/^(?:import|export) (?!type )(?:.*? from )?'(.+?)'$/gms)].map(([, specifier = '']) => specifier)
  const own = specifiers.flatMap((specifier) => (specifier.startsWith('.') ? packagesOf(join(dirname(entry), specifier), seen) : [specifier]))
  return [...new Set(own)].filter((specifier) => !specifier.startsWith('node:')).sort()
}

test('importing the package loads no schema library and no interpreter', () => {
  expect(packagesOf('index.ts')).toEqual(['@capstan/core', '@capstan/core/internal'])
})

test('only the calculator loads the decimal library', () => {
  expect(packagesOf('calculator/index.ts')).toContain('decimal.js')
  expect(packagesOf('dates/index.ts')).toEqual(['@capstan/core', '@capstan/core/internal'])
  expect(packagesOf('files/index.ts')).toEqual(['@capstan/core', '@capstan/core/internal'])
  expect(packagesOf('shell/index.ts')).toEqual(['@capstan/core', '@capstan/core/internal'])
  expect(packagesOf('todo/index.ts')).toEqual(['@capstan/core', '@capstan/core/internal'])
})
