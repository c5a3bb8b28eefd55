import { expect, test } from 'vitest'
import { z } from 'zod'
import { tool } from './index.ts'

const mail = { name: 'send_mail', description: 'Sends a mail.', inputSchema: z.object({ to: z.string() }), execute: () => 'sent' } as const

test('a tool carries what it returns, reaches and is directed at', () => {
  const made = tool({
    ...mail,
    returns: ['untrusted', 'secret'],
    reaches: ['external'],
    targets: ({ to }) => [to, { target: 'list@example.org', allowed: true }],
  })
  expect(made).toMatchObject({ returns: ['untrusted', 'secret'], reaches: ['external'] })
  expect(made.targets?.({ to: 'a@example.org' } as never)).toEqual(['a@example.org', { target: 'list@example.org', allowed: true }])
})

test('a tool that declares nothing has none of these', () => {
  const made = tool(mail)
  expect(['returns', 'reaches', 'targets'].filter((name) => name in made)).toEqual([])
})

test.each([
  ['/returns', { returns: 'trusted' }, `expected 'untrusted', 'secret' or a list of both, found "trusted"`],
  ['/reaches', { reaches: 'external' }, `expected a list of words such as ['external'], found "external"`],
  ['/reaches', { reaches: [''] }, `expected a list of words such as ['external'], found [""]`],
  ['/targets', { reaches: ['external'], targets: ['a'] }, 'expected a function that returns the destinations of a call'],
  ['/reaches', { targets: () => [] }, 'what a tool with `targets` reaches'],
])('a wrong declaration at %s is refused: %o', (pointer, wrong, message) => {
  expect(() => tool({ ...mail, ...(wrong as object) })).toThrow(
    expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining(`at ${pointer}`) }),
  )
  expect(() => tool({ ...mail, ...(wrong as object) })).toThrow(message)
})
