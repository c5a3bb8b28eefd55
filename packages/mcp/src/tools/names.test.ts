import { checkToolName } from '@capstan/core/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isServerName, mapNames, serverNameOf } from './names.ts'

// The unit 'binary' of the package takes seconds to prepare.
const character = fc.integer({ min: 0, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint))

test('a name that is allowed stays', () => {
  expect(mapNames('files', ['read_file', 'write-file']).get('write-file')).toBe('files__write-file')
})

test('characters that are not allowed become _', () => {
  expect(mapNames('hub', ['issues/create.draft']).get('issues/create.draft')).toBe('hub__issues_create_draft')
})

test('names that a model could confuse all end with a hash, whatever their order', () => {
  const names = ['a.b', 'A/b', 'a-b', 'c']
  const mapped = mapNames('s', names)
  expect(mapped).toEqual(new Map([...mapNames('s', names.toReversed())].reverse()))
  expect(mapped.get('c')).toBe('s__c')
  expect([...mapped.values()].slice(0, 3).every((name) => /_[0-9a-f]{8}$/.test(name))).toBe(true)
})

test('whatever a server calls its tools: the names are allowed, and no two are alike for a model', () => {
  const anyName = fc.oneof(fc.string({ unit: character, minLength: 1, maxLength: 100 }), fc.constantFrom('__proto__', 'a-b', 'a_b', 'A_B', 'constructor'))
  const property = fc.property(fc.uniqueArray(anyName, { maxLength: 6 }), (names) => {
    const mapped = [...mapNames('my-server', names).values()]
    for (const name of mapped) checkToolName(name)
    return new Set(mapped.map((name) => name.toLowerCase().replaceAll('-', '_'))).size === names.length
  })
  expect(() => fc.assert(property, { numRuns: 40 })).not.toThrow()
})

test('a server gets a name that can be a prefix of the names of its tools, whatever it calls itself', () => {
  expect(serverNameOf('secure-filesystem-server')).toBe('secure-filesystem-server')
  expect(serverNameOf('\u001b[31m 12 My__Server__ !')).toBe('m_12_My_Server')
  const property = fc.property(fc.string({ unit: character, maxLength: 60 }), (text) => isServerName(serverNameOf(text)))
  expect(() => fc.assert(property, { numRuns: 40 })).not.toThrow()
})
