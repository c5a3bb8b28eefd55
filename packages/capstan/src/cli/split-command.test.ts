import { expect, test } from 'vitest'
import { splitCommand } from './split-command.ts'

test.each([
  ['npx -y a-server .', ['npx', '-y', 'a-server', '.']],
  [`  node  'a b.js' "c \\"d\\" $HOME" e\\ f `, ['node', 'a b.js', 'c "d" $HOME', 'e f']],
  [`x ''`, ['x', '']],
  [`x a'b'"c"d`, ['x', 'abcd']],
  ['x; rm -rf * | y', ['x;', 'rm', '-rf', '*', '|', 'y']],
])('%s', (text, words) => {
  expect(splitCommand(text)).toEqual(words)
})

test.each(['', '  ', `x 'a`, 'x "a', 'x \\', `x a"b`])('%j is refused', (text) => {
  expect(() => splitCommand(text)).toThrow(/--mcp/)
})
