import { describe, expect, test } from 'vitest'
import { asObject, isArray, type Json, type JsonObject } from '../json.ts'
import { offlineReply } from './offline-reply.ts'

const text: JsonObject = { type: 'string' }
const whole: JsonObject = { type: 'integer' }

function define(name: string, description: string, properties: JsonObject, required: readonly string[] = Object.keys(properties)): JsonObject {
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties, required } } }
}

const calculator = define('calculator', 'Evaluates an arithmetic expression.', { expression: text })
const dateAdd = define('date_add', 'Adds a span to a date.', { date: text, months: whole, weeks: whole, days: whole }, ['date'])
const dateDifference = define('date_difference', 'Time between two dates.', { from: text, to: text }, ['from', 'to'])
const weekday = define('weekday', 'Weekday of a date.', { date: text })
const convertTime = define('convert_time', 'Converts a time between time zones. Knows "now".', { time: text, from_zone: text, to_zone: text })
const listFiles = define('list_files', 'Lists the files of a folder.', { path: text })
const searchFiles = define('search_files', 'Searches text in files.', { query: text, path: text }, ['query'])
const getWeather = define('get_weather', 'Current weather of a city.', { city: text })

interface Replied {
  readonly calls: readonly (readonly [name: string, input: Json])[]
  readonly text: string
}

function reply(question: string, tools: readonly Json[], body: JsonObject = {}): Replied {
  const { candidates } = offlineReply({ tools, messages: [{ role: 'user', content: question }], ...body }, false)
  const [candidate] = candidates
  return { calls: (candidate?.toolCalls ?? []).map((call) => [call.name, JSON.parse(call.arguments) as Json]), text: candidate?.text ?? '' }
}

/** The messages of a step: calls of one tool with their outputs. */
function step(name: string, ...results: readonly (readonly [input: JsonObject, output: string])[]): readonly JsonObject[] {
  const calls = results.map(([input], index) => ({ id: `${name}-${index}`, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
  return [
    { role: 'assistant', content: '', tool_calls: calls },
    ...results.map(([, content], index) => ({ role: 'tool', tool_call_id: `${name}-${index}`, content })),
  ]
}

const after = (question: string, ...steps: readonly (readonly JsonObject[])[]): JsonObject => ({
  messages: [{ role: 'user', content: question }, ...steps.flat()],
})

describe('sums', () => {
  test.each([
    ['What is the square root of 144?', 'sqrt(144)'],
    ['Subtract 4 from 10', '10 - 4'],
    ['What is half of 9?', '9 / 2'],
    ['What is the product of 2, 3 and 4?', '2 * 3 * 4'],
    ['What is 3 * ((1 + 2 + 3) - 4)?', '3 * ((1 + 2 + 3) - 4)'],
    ['How much is 2 x 3 plus 4 over 5?', '2 * 3 + 4 / 5'],
  ])('%s', (question, expression) => {
    expect(reply(question, [calculator]).calls).toEqual([['calculator', { expression }]])
  })

  test.each(['I have (5) apples', 'What is 5 + ?', 'Is it + that?', 'What is (1 + 2?', 'Is it 4 + 5?', 'Since 2026-11-21?'])('%s is not a sum', (question) => {
    expect(reply(question, [calculator])).toEqual({ calls: [], text: expect.stringMatching(/^I found nothing in your words/) })
  })

  test('a reference after a number ends an expression', () => {
    expect(reply('Is 4 + 5 that much?', [calculator]).calls).toEqual([['calculator', { expression: '4 + 5' }]])
  })

  test('calls are made in the order of the words', () => {
    const { calls } = reply('What is 2 + 3 in 3 weeks after 2026-11-21?', [calculator, dateAdd])
    expect(calls.map(([name]) => name)).toEqual(['calculator', 'date_add'])
  })
})

describe('dates', () => {
  test.each([
    ['Which date is three months after 2026-11-21?', { date: '2026-11-21', months: 3 }],
    ['Which date is 2026-11-21 minus a week?', { date: '2026-11-21', weeks: -1 }],
    ['Subtract 10 days from 2026-11-21', { date: '2026-11-21', days: -10 }],
  ])('%s', (question, input) => {
    expect(reply(question, [dateAdd]).calls).toEqual([['date_add', input]])
  })

  test('a tool that takes an amount and a unit gets both', () => {
    const tool = define('shift_date', 'Moves a date.', { date: text, amount: text, unit: text })
    expect(reply('Which date is 3 weeks after 2026-11-21?', [tool]).calls).toEqual([['shift_date', { date: '2026-11-21', amount: 3, unit: 'weeks' }]])
  })

  test('a value for a string parameter is a string', () => {
    const tool = define('date_add', 'Adds days to a date.', { date: text, days: text })
    expect(reply('Which date is 3 days after 2026-11-21?', [tool]).calls).toEqual([['date_add', { date: '2026-11-21', days: '3' }]])
  })

  test('a weekday without a date is not a call', () => {
    expect(reply('Which weekday suits you?', [weekday])).toEqual({ calls: [], text: expect.stringMatching(/^I found nothing in your words/) })
  })

  test('what waits for a call that failed can never be called', () => {
    const question = 'Which date is 90 days after 2026-11-21? Which date is 3 days after that date? Then tell me the weekday of that date.'
    const { text: said } = reply(question, [dateAdd, weekday], after(question, step('date_add', [{ date: '2026-11-21', days: 90 }, 'Error: closed'])))
    expect(said.match(/I could not work out/g)).toHaveLength(2)
  })
})

describe('times', () => {
  test.each([
    ['What is 12pm in Oslo in Tokyo?', '12:00'],
    ['What is 12 am in Oslo in Tokyo?', '00:00'],
    ['What is 11:05 pm in Oslo in Tokyo?', '23:05'],
  ])('%s', (question, time) => {
    expect(reply(question, [convertTime]).calls).toEqual([['convert_time', { time, from_zone: 'Europe/Oslo', to_zone: 'Asia/Tokyo' }]])
  })

  test('the current time is asked for one city, not for two', () => {
    expect(reply('What time is it in Tokyo?', [convertTime]).calls).toEqual([['convert_time', { time: 'now', from_zone: 'UTC', to_zone: 'Asia/Tokyo' }]])
    expect(reply('What time is it in Tokyo or Oslo?', [convertTime]).calls).toEqual([])
  })

  test('a time of the clock is not a number', () => {
    const tool = define('set_alarm', 'Sets an alarm.', { minutes: whole })
    expect(reply('Set the alarm for 14:30 in 20 minutes', [tool]).calls).toEqual([['set_alarm', { minutes: 20 }]])
  })
})

describe('files', () => {
  test('the searched text is not its own folder', () => {
    expect(reply('Search for main.ts', [searchFiles]).calls).toEqual([['search_files', { query: 'main.ts' }]])
  })

  test('a tool that lists other things is not taken for one that lists a folder', () => {
    expect(reply('List the files in src', [define('list_orders', 'Lists orders.', { root: text })]).calls).not.toContainEqual(['list_orders', { root: 'src' }])
  })
})

describe('which tool', () => {
  test('a tool with a required parameter that no role fills is not used', () => {
    const tool = define('calculator', 'Evaluates.', { expression: text, precision: whole })
    expect(reply('What is 2 + 2?', [tool, define('math', 'Evaluates.', { formula: text })]).calls).toEqual([['math', { formula: '2 + 2' }]])
  })

  test('a word that several tools have in their names decides less than one that only one has', () => {
    const tools = [define('get_room_light', 'Light.', { room: text }), define('get_room_heat', 'Heat.', { room: text })]
    expect(reply('Show the room heat in "hall"', tools).calls).toEqual([['get_room_heat', { room: 'hall' }]])
  })

  test('of several tools whose parameters fit, the one whose description fits best is called', () => {
    const tools = [define('first', 'Ships.', { city: text }), define('second', 'Trains and buses.', { city: text })]
    expect(reply('Any trains or buses in Oslo?', tools).calls).toEqual([['second', { city: 'Oslo' }]])
  })

  test('at most eight calls of one tool are made', () => {
    const cities = 'Oslo, Paris, Rome, Berlin, Madrid, Vienna, Prague, Dublin, Lisbon'
    expect(reply(`Compare the weather in ${cities}.`, [getWeather]).calls).toHaveLength(8)
  })

  test('several facts fill a list in one call', () => {
    const tool = define('compare_weather', 'Weather of cities.', { cities: { type: 'array', items: text } })
    expect(reply('Compare the weather in Paris and Rome.', [tool]).calls).toEqual([['compare_weather', { cities: ['Paris', 'Rome'] }]])
  })

  test('a list is filled once, even where another parameter could take several values', () => {
    const tool = define('compare_weather', 'Weather.', { numbers: { type: 'array', items: { type: 'number' } }, city: text }, ['numbers'])
    expect(reply('Compare the weather of Paris and Rome, 1 and 2.', [tool]).calls).toEqual([['compare_weather', { numbers: [1, 2], city: 'Paris' }]])
  })

  test('the same call is made once', () => {
    expect(reply('Weather in Oslo? And once more: weather in Oslo?', [getWeather]).calls).toEqual([['get_weather', { city: 'Oslo' }]])
  })

  test('a known city is not part of a longer guess', () => {
    expect(reply('How is the weather in Old Oslo?', [getWeather]).calls).toEqual([['get_weather', { city: 'Oslo' }]])
  })

  test('a required call goes to a tool that was not used yet', () => {
    const body = { tool_choice: 'required', ...after('Hello.', step('first', [{ city: 'Hello' }, 'ok'])) }
    const tools = [define('first', '', { city: text }), define('second', '', { city: text })]
    expect(reply('', tools, body).calls.map(([name]) => name)).toEqual(['second'])
  })
})

describe('values that a schema asks for', () => {
  const forced = (properties: JsonObject, question = 'Hello.'): Json =>
    reply(question, [define('pick', '', properties)], { tool_choice: 'required' }).calls[0]?.[1] ?? null

  test.each<[schema: JsonObject, value: Json]>([
    [{ const: 7 }, 7],
    [{ anyOf: [{ type: 'null' }, { enum: ['red', 'green'] }] }, 'red'],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: ['null', 'number'], default: 2.5 }, 2.5],
    [{ type: 'array', items: { type: 'number' } }, [1]],
    [{ type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }, { ok: false }],
  ])('%j', (schema, value) => {
    expect(forced({ it: schema })).toEqual({ it: value })
  })

  test('an integer is rounded, and a flag that the words name is true', () => {
    expect(forced({ count: whole, verbose: { type: 'boolean' } }, 'Be verbose, 2.6 times')).toEqual({ count: 3, verbose: true })
  })
})

describe('what ends the calls', () => {
  test('a first message that asks for no tools', () => {
    expect(reply('Without tools: what is 2 + 2?', [calculator]).calls).toEqual([])
  })

  test('a long last message does not end the calls, even with the words for it', () => {
    const long = `${'Please consider all of this. '.repeat(30)} What is 3 + 3? No more tool calls are needed for the rest.`
    const messages = [{ role: 'user', content: 'What is 2 + 2?' }, ...step('calculator', [{ expression: '2 + 2' }, '4']), { role: 'user', content: long }]
    expect(reply('', [calculator], { messages }).calls).toContainEqual(['calculator', { expression: '3 + 3' }])
  })

  test('only the first 20,000 characters are read', () => {
    expect(reply(`${'word '.repeat(4_000)} What is 2 + 2?`, [calculator]).calls).toEqual([])
  })
})

describe('text', () => {
  test('results of calls that the plan does not have are reported too', () => {
    expect(reply('', [], after('Hello.', step('other', [{ city: 'Oslo' }, 'four']))).text).toBe('other (city Oslo) says: four.')
  })

  test.each([
    ['{"ok":false,"message":"down"}', 'The tool get_weather could not do its part (“Weather in Oslo”): down.'],
    ['{"error":{"message":"no"}}', 'The tool get_weather could not do its part (“Weather in Oslo”): no.'],
    ['x'.repeat(500), `get_weather (city Oslo) says: ${'x'.repeat(400)}…`],
  ])('an output of %s', (output, said) => {
    expect(reply('', [getWeather], after('Weather in Oslo?', step('get_weather', [{ city: 'Oslo' }, output]))).text).toBe(said)
  })

  test('candidates after the first are numbered', () => {
    const { candidates } = offlineReply({ n: 2, messages: [{ role: 'user', content: 'Who are you?' }] }, false)
    expect(candidates.map((candidate) => candidate.text.slice(0, 14))).toEqual(['I am a rule-ba', 'Candidate 2: I'])
  })

  test('a list of files and a search are put into sentences', () => {
    const question = 'List the files in src and search for "TODO" in src'
    const done = [step('list_files', [{ path: 'src' }, 'a.ts\nb.ts']), step('search_files', [{ query: 'TODO', path: 'src' }, 'a.ts:1'])]
    expect(reply('', [listFiles, searchFiles], after(question, ...done)).text).toBe('In src there are: a.ts, b.ts. A search for “TODO” gives: a.ts:1.')
  })

  test('a difference without a unit is in days', () => {
    const question = 'How long is it from 2026-11-21 to 2027-03-01?'
    const done = step('date_difference', [{ from: '2026-11-21', to: '2027-03-01' }, '100'])
    expect(reply('', [dateDifference], after(question, done)).text).toBe('From 2026-11-21 to 2027-03-01 there are 100 days.')
  })
})

describe('JSON', () => {
  test('is written where the prompt asks for nothing else', () => {
    const { text: written } = reply('Reply with one JSON object and nothing else. Who are you?', [])
    expect(Object.keys(asObject(JSON.parse(written)))).toEqual(['answer'])
  })

  test('an example with escaped quotation marks is read', () => {
    const { text: written } = reply('Reply in JSON like {"note": "a \\"} b", "tags": ["x"]}. Hello.', [], { response_format: { type: 'json_object' } })
    const value = asObject(JSON.parse(written))
    expect([typeof value['note'], isArray(value['tags'])]).toEqual(['string', true])
  })
})
