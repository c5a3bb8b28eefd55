import { expect, test } from 'vitest'
import { checkNames, nearestName } from './options.ts'

const names = ['maxOutputTokens', 'temperature', 'topP', 'stopSequences', 'signal', 'timeouts']

test('known names pass, whatever their values', () => {
  expect(() => checkNames({ topP: undefined, signal: null }, { names, what: 'a setting' })).not.toThrow()
  expect(() => checkNames({}, { names, what: 'a setting' })).not.toThrow()
})

test.each([
  ['temprature', 'temperature'],
  ['top_p', 'topP'],
  ['TOP-P', 'topP'],
  ['max_output_tokens', 'maxOutputTokens'],
  ['tiemouts', 'timeouts'],
  ['stopSequence', 'stopSequences'],
  ['singal', 'signal'],
  ['stop', 'stopSequences'],
  ['temperatureValue', 'temperature'],
])('%s is refused with %s as the nearest name', (name, nearest) => {
  expect(nearestName(name, names)).toBe(nearest)
  expect(() => checkNames({ [name]: 1 }, { names, what: 'a setting of m' })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: `\`${name}\` is not a setting of m. Use \`${nearest}\`.` }),
  )
})

test('a name of other libraries is answered with ours, also where another known name is nearer', () => {
  expect(() => checkNames({ maxTokens: 1 }, { names, what: 'a setting of m', instead: { maxTokens: 'maxOutputTokens' } })).toThrow(
    '`maxTokens` is not a setting of m. Use `maxOutputTokens`.',
  )
})

test('a name that is near none is answered with the list', () => {
  expect(nearestName('frobnicate', names)).toBeUndefined()
  expect(() => checkNames({ frobnicate: 1 }, { names: ['a', 'b'], what: 'a clock', path: 'timeouts.', hint: 'See the README.' })).toThrow(
    '`timeouts.frobnicate` is not a clock. The names are: a, b. See the README.',
  )
})

test('names of other libraries are compared without letter case, separators and the prefix experimental_', () => {
  const instead = { maxTokens: 'maxOutputTokens', maxSteps: '`limits.steps` of the agent' }
  const given = { max_tokens: 1, experimental_temperature: 1, MaxSteps: 1 }
  expect(() => checkNames(given, { names, what: 'a setting', instead })).toThrow(
    '`max_tokens` is not a setting. Use `maxOutputTokens`. `experimental_temperature` is not a setting. Use `temperature`. ' +
      '`MaxSteps` is not a setting. Use `limits.steps` of the agent.',
  )
})

test.each([
  ['a text', 'a string'],
  [null, 'null'],
  [undefined, 'undefined'],
  [[1], 'a list'],
  [5, 'a number'],
])('%o is refused where an object of options is needed', (given, kind) => {
  expect(() => checkNames(given as object, { names, what: 'a setting' })).toThrow(`The options must be an object, not ${kind}.`)
  expect(() => checkNames(given as object, { names, what: 'a setting', path: 'timeouts.' })).toThrow(`\`timeouts\` must be an object, not ${kind}.`)
})

test('a name inside another object is named with its path', () => {
  expect(() => checkNames({ gap: 1 }, { names: ['bytesMs', 'gapMs'], what: 'a clock', path: 'timeouts.' })).toThrow(
    '`timeouts.gap` is not a clock. Use `timeouts.gapMs`.',
  )
})

test.each(['__proto__', 'constructor', 'toString', ''])('the name %o is an unknown name like any other', (name) => {
  const given = JSON.parse(`{${JSON.stringify(name)}:1}`) as object
  expect(() => checkNames(given, { names, what: 'a setting', instead: {} })).toThrow('The names are')
})

test('a name of a million characters is refused at once', () => {
  expect(() => checkNames({ ['x'.repeat(1_000_000)]: 1 }, { names, what: 'a setting' })).toThrow(/^`x{100}` is not a setting/)
})
