import { expect, test } from 'vitest'
import { helpText, readCommandLine } from './command-line.ts'

const suites = ['faults', 'crashes']

test('options are read, and a suite without options makes all its cases', () => {
  expect(readCommandLine(['crashes', '--store', 'file', '--store', 'sqlite', '--seeds', '3', '--only', 'P3, P6'], suites)).toMatchObject({
    name: 'crashes',
    suite: { quick: false, only: ['P3', 'P6'], stores: ['file', 'sqlite'], seeds: 3, from: 1 },
  })
  expect(readCommandLine(['crashes'], suites)?.suite.stores).toHaveLength(5)
  expect(readCommandLine(['crashes', '--quick'], suites)?.suite.stores).toEqual(['file'])
})

test.each([
  [['crash'], "There is no suite 'crash'. Suites: faults, crashes."],
  [['crashes', 'quick'], "'quick' is not an option"],
  [['crashes', '--store', 'mysql'], "There is no store 'mysql'"],
  [['crashes', '--seeds', 'many'], "--seeds must be a number of at most nine digits, not 'many'."],
  [['crashes', '--sede', '1'], "Unknown option '--sede'"],
])('%j is refused', (args, message) => {
  expect(() => readCommandLine(args, suites)).toThrow(message)
})

test('every option is in the help text, which fits 80 columns', () => {
  expect(readCommandLine(['--help'], suites)).toBeUndefined()
  const text = helpText(suites)
  for (const option of ['quick', 'only', 'seed', 'json', 'store', 'seeds', 'races', 'from', 'markdown', 'help']) expect(text).toContain(`--${option}`)
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
})
