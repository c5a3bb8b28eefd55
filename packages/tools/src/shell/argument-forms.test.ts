import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ArgumentForm, compileForm, hasForm } from './argument-forms.ts'

const fits = (form: ArgumentForm, args: readonly string[]): Promise<boolean> => hasForm([compileForm(form)], args)

test.each<[string, ArgumentForm, readonly string[], boolean]>([
  ['exact texts', ['status', '--short'], ['status', '--short'], true],
  ['another text', ['status'], ['push'], false],
  ['one argument too many', ['status'], ['status', '-v'], false],
  ['one argument too few', ['status', '-v'], ['status'], false],
  ['no arguments', [], [], true],
  ['an argument where none is allowed', [], ['x'], false],
  ['a pattern that matches', ['-n', /\d{1,3}/], ['-n', '12'], true],
  ['a pattern that matches only a part', ['-n', /\d{1,3}/], ['-n', '12x'], false],
  ['a pattern that matches only a line', ['-n', /\d{1,3}/], ['-n', '12\nx'], false],
  ['a pattern that ends before a line feed', ['-n', /\d{1,3}/], ['-n', '12\n'], false],
  ['one of two alternatives', [/a|b/], ['b'], true],
  ['the beginning of an alternative', [/a|b/], ['ac'], false],
  ['the rest, none', ['--', { rest: /\w+/ }], ['--'], true],
  ['the rest, two', ['--', { rest: /\w+/ }], ['--', 'a', 'b'], true],
  ['the rest, one of which does not match', ['--', { rest: /\w+/ }], ['--', 'a', '../b'], false],
  ['an option where a pattern expects a value', [/.+/], ['--output=x'], false],
  ['an option in the rest', [{ rest: /.*/ }], ['a', '-exec'], false],
  ['an option that a pattern names', [/--format=[%\w]+/], ['--format=%H'], true],
  ['another option than a pattern names', [/--format=[%\w]+/], ['--output=x'], false],
  ['an empty text', [/.+/], [''], false],
])('%s', async (_case, form, args, expected) => {
  expect(await fits(form, args)).toBe(expected)
})

test('one of several forms is enough', async () => {
  const forms = [compileForm(['status']), compileForm(['log', /\w+/])]
  expect([await hasForm(forms, ['log', 'main']), await hasForm(forms, ['status', 'main'])]).toEqual([true, false])
})

test.each<[string, unknown[], string]>([
  ['a pattern with flags', [/a/i], 'has flags'],
  ['a back reference', [/(a)\1/], 'cannot be used'],
  ['a rest that is not last', [{ rest: /a/ }, 'b'], '{ rest } must be the last'],
  ['a number', [1], 'each argument must be a text, a RegExp or { rest: RegExp }'],
  ['a rest with another key', [{ rest: /a/, min: 1 }], 'each argument must be'],
  ['a NUL character', ['a\0'], 'NUL'],
])('%s is refused', (_case, form, message) => {
  expect(() => compileForm(form as ArgumentForm)).toThrow(message)
})

test('a form is shown as a line', () => {
  expect(compileForm(['log', '-n', /\d+/, 'a b', { rest: /\w+/ }]).shown).toBe('log -n <\\d+> "a b" <\\w+>...')
  expect(compileForm([]).shown).toBe('(no arguments)')
})

test('a pattern with nested repetitions takes linear time', async () => {
  expect(await fits([/(?:a+)+b/], ['a'.repeat(10_000)])).toBe(false)
})

test('a pattern decides as the same anchored RegExp, except for options', async () => {
  const pattern = fc.constantFrom(/a*/, /a|bc/, /[^/]+/, /(?:ab)+c?/, /.{1,3}/u, /\w+\.txt/)
  const arg = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/', '.', 'txt', '\n', '-', '😀'), maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(pattern, arg, async (given, text) => {
      const expected = !text.startsWith('-') && new RegExp(`^(?:${given.source})$`, 'u').test(text)
      expect(await fits([given], [text])).toBe(expected)
    }),
    { numRuns: 1_000 },
  )
})
