import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editText } from './edit-text.ts'

function edit(file: string, oldText: string, newText: string): string {
  const edited = editText(file, { oldText, newText })
  return edited.ok ? edited.text : `refused: ${edited.message}`
}

test.each([
  ['a text in one line', 'one two', 'two', 'three', 'one three'],
  ['a text over lines', 'a\nb\nc', 'a\nb', 'x', 'x\nc'],
  ['a removal', 'a\nb\nc', 'b\n', '', 'a\nc'],
  ['Windows line ends in the file only', 'a\r\nb\r\nc\r\n', 'a\nb', 'a\nx\nb', 'a\r\nx\r\nb\r\nc\r\n'],
  ['Windows line ends in the texts only', 'a\nb\nc', 'a\r\nb', 'a\r\nx', 'a\nx\nc'],
  ['a new line in a line of a Windows file', 'a\r\nb\r\n', 'b', 'b\nc', 'a\r\nb\r\nc\r\n'],
  ['a new line in the last line of a Windows file', 'a\r\nb', 'b', 'b\nc', 'a\r\nb\r\nc'],
  ['mixed line ends: those of the replaced lines', 'a\nb\r\nc\r\nd', 'b\nc', 'b\nx\nc', 'a\nb\r\nx\r\nc\r\nd'],
  ['mixed line ends: the others stay', 'a\r\nb\nc\r\nd', 'b\nc', 'x\ny', 'a\r\nx\ny\r\nd'],
  ['patterns of replacement are text', 'cost: x', 'x', "$& $1 $'", "cost: $& $1 $'"],
  ['a carriage return that ends no line is text', 'a\rb', 'a\rb', 'c', 'c'],
  ['an astral character', 'a 😀 b', '😀', '🙂', 'a 🙂 b'],
])('%s', (_case, file, oldText, newText, expected) => {
  expect(edit(file, oldText, newText)).toBe(expected)
})

test.each([
  ['a missing text', 'a\nb', 'c', 'old_text does not occur in it. Read it again'],
  ['another indentation', 'if (x) {\n\treturn 1\n}', 'if (x) {\n  return 1\n}', 'differs only in white space does'],
  ['another letter case', 'Total', 'total', 'does not occur in it'],
  ['a text that occurs twice', 'x\ny\nx', 'x', 'occurs more than once, at lines 1, 3. Add lines before or after it'],
  ['occurrences that overlap', 'aaa', 'aa', 'occurs more than once, at lines 1, 1'],
  ['a text that occurs often', 'x\n'.repeat(50), 'x', 'at lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more'],
  ['an empty file', '', 'a', 'does not occur in it'],
])('%s is refused', (_case, file, oldText, message) => {
  expect(edit(file, oldText, 'new')).toContain(`refused: old_text`)
  expect(edit(file, oldText, 'new')).toContain(message)
})

test('a replacement by the same text is refused, also with other line ends', () => {
  expect(edit('a\nb', 'a\nb', 'a\r\nb')).toBe('refused: old_text and new_text are equal, so there is nothing to change.')
})

test('the lines are counted from 1', () => {
  expect(editText('a\r\nb\r\nc', { oldText: 'b\nc', newText: 'd' })).toMatchObject({ line: 2, oldLines: 2, newLines: 1 })
})

test('whatever is edited, only the text that was named changes', () => {
  const piece = fc.constantFrom('a', 'b', '\n', '\r\n', '\r', 'ä', '😀', ' ')
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(
      text,
      text.filter((given) => !/\r(?!\n)/.test(given)),
      text,
      (before, newText, after) => {
        const file = `${before}<OLD>${after}`
        const edited = editText(file, { oldText: '<OLD>', newText })
        if (!edited.ok) throw new Error(edited.message)
        expect(edited.text.startsWith(before)).toBe(true)
        expect(edited.text.endsWith(after)).toBe(true)
        const between = edited.text.slice(before.length, edited.text.length - after.length)
        expect(between.replaceAll('\r\n', '\n')).toBe(newText.replaceAll('\r\n', '\n'))
      },
    ),
    { numRuns: 2_000 },
  )
})
