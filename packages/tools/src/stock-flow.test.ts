import type { Tool } from '@capstan/core'
import { expect, test } from 'vitest'
import { calculator } from './calculator/index.ts'
import { dates } from './dates/index.ts'
import { fileChanges, files } from './files/index.ts'
import { http, httpSend } from './http/index.ts'
import { shell } from './shell/index.ts'
import { todo } from './todo/index.ts'

const programs = [{ path: '/bin/echo', arguments: 'any' }] as const
const flowOf = ({ returns, reaches }: Tool) => ({ returns, reaches })
const nothing = { returns: undefined, reaches: undefined }

test.each([
  ['calculator', [calculator], nothing],
  ['dates', dates, nothing],
  ['todo', [todo], nothing],
  ['files', files({ root: '.' }), nothing],
  ['fileChanges', fileChanges({ root: '.' }), { returns: undefined, reaches: ['write'] }],
  ['shell', [shell({ root: '.', programs })], { returns: 'untrusted', reaches: ['code'] }],
  ['http', [http({ hosts: 'public' })], { returns: 'untrusted', reaches: ['external'] }],
  ['httpSend', [httpSend({ hosts: 'public', methods: ['POST'] })], { returns: 'untrusted', reaches: ['external'] }],
] as const)('what %s declares by default', (_name, tools, flow) => {
  for (const tool of tools) expect(flowOf(tool)).toEqual(flow)
})

const makers = {
  files: (options: object) => files({ root: '.', ...options }),
  fileChanges: (options: object) => fileChanges({ root: '.', ...options }),
  shell: (options: object) => [shell({ root: '.', programs, ...options })],
  http: (options: object) => [http({ hosts: 'public', ...options })],
  httpSend: (options: object) => [httpSend({ hosts: 'public', methods: ['PUT'], ...options })],
} as const

test.each(Object.entries(makers))('%s() takes other declarations, and refuses wrong ones', (_name, make) => {
  const own = { returns: ['untrusted', 'secret'], reaches: ['money'] }
  for (const tool of make(own)) expect(flowOf(tool)).toEqual(own)
  for (const tool of make({ returns: [], reaches: [] })) expect([flowOf(tool), tool.targets]).toEqual([nothing, undefined])
  expect(() => make({ returns: 'trusted' })).toThrow('at /returns')
  expect(() => make({ returns: 7 })).toThrow('at /returns')
  expect(() => make({ reaches: 'write' })).toThrow('at /reaches')
})

test('the destinations of a change are its paths', () => {
  const [write, , move] = fileChanges({ root: '.' })
  expect(write.targets?.({ path: 'a/b.md', content: '' } as never)).toEqual(['a/b.md'])
  expect(move.targets?.({ path: 'a', to: 'b' } as never)).toEqual(['a', 'b'])
})
