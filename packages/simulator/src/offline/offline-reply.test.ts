import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { stringTool } from '../testing/client.ts'
import { offlineReply } from './offline-reply.ts'

type Property = JsonObject

function define(
  name: string,
  description: string,
  properties: Readonly<Record<string, Property>>,
  required: readonly string[] = Object.keys(properties),
): JsonObject {
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties, required } } }
}

const text = (description: string): Property => ({ type: 'string', description })
const whole = (description: string): Property => ({ type: 'integer', description })

const stock = [
  define('calculator', 'Evaluates an arithmetic expression exactly.', { expression: text('The expression.') }),
  define(
    'date_difference',
    'Time between two dates.',
    { from: text('First date.'), to: text('Last date.'), unit: { type: 'string', enum: ['days', 'weeks', 'months', 'years'] } },
    ['from', 'to'],
  ),
  define(
    'date_add',
    'Adds a span to a date.',
    { date: text('Date.'), years: whole('Years.'), months: whole('Months.'), weeks: whole('Weeks.'), days: whole('Days.') },
    ['date'],
  ),
  define('weekday', 'Weekday of a date.', { date: text('Date.') }),
  define('convert_time', 'Converts a time between time zones.', { time: text('Time.'), from_zone: text('Zone.'), to_zone: text('Zone.') }),
  define('list_files', 'Lists the files of a folder.', { path: text('Folder.') }),
  define('read_file', 'Reads a text file.', { path: text('File.') }),
  define('search_files', 'Searches text in files.', { query: text('Text.'), path: text('Folder.') }, ['query']),
]

const own = [
  define('get_weather', 'Current weather of a city.', { city: text('City.') }),
  define('word_count', 'Counts the words of a text.', { text: text('The text to count.') }),
  define('send_email', 'Sends an email.', { to: text('Email address of the recipient.'), subject: text('Subject.') }),
  define('get_order', 'Looks up an order.', { order_id: text('Order id.') }),
  define('convert_currency', 'Converts money.', { amount: { type: 'number' }, from: text('Currency.'), to: text('Currency.') }),
  define('set_light', 'Switches a light.', { room: text('Name of the room.'), state: { type: 'string', enum: ['on', 'off'] } }),
  define('current_time', 'Tells the time.', {}),
]

type Outputs = Readonly<Record<string, string>>

interface Run {
  /** Calls of each step: name and input. */
  readonly steps: readonly (readonly (readonly [string, Json])[])[]
  readonly answer: string
}

/** Runs the loop that a client would run, with given tool outputs. */
function run(question: string, outputs: Outputs, body: JsonObject = { tools: stock }): Run {
  const messages: JsonObject[] = [{ role: 'user', content: question }]
  const steps: (readonly [string, Json])[][] = []
  for (let step = 0; step < 6; step += 1) {
    const [candidate] = offlineReply({ ...body, messages }, true).candidates
    if (candidate === undefined || candidate.toolCalls.length === 0) return { steps, answer: candidate?.text ?? '' }
    steps.push(candidate.toolCalls.map((call) => [call.name, JSON.parse(call.arguments) as Json] as const))
    const calls = candidate.toolCalls.map((call, index) => ({
      id: `${step}-${index}`,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }))
    messages.push({ role: 'assistant', content: '', reasoning_content: candidate.reasoning, tool_calls: calls })
    for (const call of calls) messages.push({ role: 'tool', tool_call_id: call.id, content: outputs[call.function.name] ?? 'ok' })
  }
  throw new Error('The offline model did not come to an end.')
}

const callsOf = (question: string, tools: readonly Json[]): readonly Json[] =>
  run(question, {}, { tools }).steps[0]?.map(([name, input]) => [name, input]) ?? []

describe('complete runs', () => {
  test('two questions are two parallel calls, and the reply has both results', () => {
    const { steps, answer } = run('What is 17% of 2,340, and how many days are there from 2026-11-21 to 2027-03-01?', {
      calculator: '397.8',
      date_difference: '{"days":100}',
    })
    expect(steps).toEqual([
      [
        ['calculator', { expression: '2340 * 17 / 100' }],
        ['date_difference', { from: '2026-11-21', to: '2027-03-01' }],
      ],
    ])
    expect(answer).toBe('17% of 2,340 is 397.8. From 2026-11-21 to 2027-03-01 there are 100 days.')
  })

  test('a question about a result is a call of the next step', () => {
    const { steps, answer } = run('What is 18.5% of 1,240, and which date is 90 days after 2026-11-21? Then tell me the weekday of that date.', {
      calculator: '229.4',
      date_add: '2027-02-19',
      weekday: 'Friday',
    })
    expect(steps).toEqual([
      [
        ['calculator', { expression: '1240 * 18.5 / 100' }],
        ['date_add', { date: '2026-11-21', days: 90 }],
      ],
      [['weekday', { date: '2027-02-19' }]],
    ])
    expect(answer).toBe('18.5% of 1,240 is 229.4. 90 days after 2026-11-21 is 2027-02-19. 2027-02-19 is a Friday.')
  })

  test('a number can be used further', () => {
    const { steps, answer } = run('What is 12 plus 30? Then multiply the result by 4.', { calculator: '42' })
    expect(steps).toEqual([[['calculator', { expression: '12 + 30' }]], [['calculator', { expression: '42 * 4' }]]])
    expect(answer).toContain('42 * 4 is 42')
  })

  test('an error of a tool is reported as an error, and what needs its result is not called', () => {
    const { steps, answer } = run('Which date is 90 days after 2026-11-21? Then tell me the weekday of that date.', {
      date_add: 'Error: the calendar is closed',
    })
    expect(steps).toHaveLength(1)
    expect(answer).toContain('The tool date_add could not do its part (“90 days after 2026-11-21”): Error: the calendar is closed.')
    expect(answer).toContain('I could not work out “the weekday of that date”')
  })

  test('a call that has a result is not made again for the same question', () => {
    const messages = [
      { role: 'user', content: 'What is 2 + 2?' },
      { role: 'assistant', content: '', tool_calls: [{ id: 'a', type: 'function', function: { name: 'calculator', arguments: '{ "expression": "2 + 2" }' } }] },
      { role: 'tool', tool_call_id: 'a', content: '4' },
      { role: 'assistant', content: '4' },
      { role: 'user', content: 'Again: what is 2 + 2?' },
    ]
    expect(offlineReply({ tools: stock, messages }, false).candidates[0]).toMatchObject({ toolCalls: [], text: '2 + 2 is 4.' })
  })

  test('a later question can mean an earlier result', () => {
    const messages = [
      { role: 'user', content: 'Which date is 90 days after 2026-11-21?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'date_add', arguments: '{"date":"2026-11-21","days":90}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: '2027-02-19' },
      { role: 'assistant', content: 'It is 2027-02-19.' },
      { role: 'user', content: 'And what weekday is that?' },
    ]
    expect(offlineReply({ tools: stock, messages }, false).candidates[0]?.toolCalls).toEqual([{ name: 'weekday', arguments: '{"date":"2027-02-19"}' }])
  })

  test('two calls with one id keep their own results', () => {
    const call = (expression: string): JsonObject => ({
      id: 'same',
      type: 'function',
      function: { name: 'calculator', arguments: JSON.stringify({ expression }) },
    })
    const messages = [
      { role: 'user', content: 'What is 2 + 3, and what is 4 + 5?' },
      { role: 'assistant', content: '', tool_calls: [call('2 + 3'), call('4 + 5')] },
      { role: 'tool', tool_call_id: 'same', content: '5' },
      { role: 'tool', tool_call_id: 'same', content: '9' },
    ]
    expect(offlineReply({ tools: stock, messages }, false).candidates[0]?.text).toBe('2 + 3 is 5. 4 + 5 is 9.')
  })

  test('the reasoning says which rule was used', () => {
    const [candidate] = offlineReply({ tools: stock, messages: [{ role: 'user', content: 'What is 17% of 2,340?' }] }, true).candidates
    expect(candidate?.reasoning).toBe('I follow rules. One call fits. “17% of 2,340”: a sum, so I call calculator with {"expression":"2340 * 17 / 100"}.')
  })
})

describe('stock tools', () => {
  test.each([
    ['What is 3 * (4 + 5)?', 'calculator', { expression: '3 * (4 + 5)' }],
    ['How much is 12 times 7?', 'calculator', { expression: '12 * 7' }],
    ['Compute 2^10 please', 'calculator', { expression: '2 ^ 10' }],
    ['What is the sum of 1, 2 and 3.5?', 'calculator', { expression: '1 + 2 + 3.5' }],
    ['What is the average of 10, 20 and 60?', 'calculator', { expression: '(10 + 20 + 60) / 3' }],
    ['Increase 200 by 15%', 'calculator', { expression: '200 * (100 + 15) / 100' }],
    ['What is 20% off $1,299.99?', 'calculator', { expression: '1299.99 * (100 - 20) / 100' }],
    ['Divide 1,000,000 by 7', 'calculator', { expression: '1000000 / 7' }],
    ['How many weeks are between 2026-01-01 and 2026-12-31?', 'date_difference', { from: '2026-01-01', to: '2026-12-31', unit: 'weeks' }],
    ['How long is it from 21 November 2026 to March 1, 2027?', 'date_difference', { from: '2026-11-21', to: '2027-03-01' }],
    ['What date is 2 weeks before 2027-03-01?', 'date_add', { date: '2027-03-01', weeks: -2 }],
    ['Add 1 year, 2 months and 3 days to 2026-11-21', 'date_add', { date: '2026-11-21', years: 1, months: 2, days: 3 }],
    ['What day of the week is 2026-12-24?', 'weekday', { date: '2026-12-24' }],
    ['What time is it in Tokyo when it is 14:30 in Berlin?', 'convert_time', { time: '14:30', from_zone: 'Europe/Berlin', to_zone: 'Asia/Tokyo' }],
    ['Convert 9am from America/New_York to UTC', 'convert_time', { time: '09:00', from_zone: 'America/New_York', to_zone: 'UTC' }],
    ['List the files in src', 'list_files', { path: 'src' }],
    ['Which files are in this folder?', 'list_files', { path: '.' }],
    ['Read docs/guide.md', 'read_file', { path: 'docs/guide.md' }],
    ['What does package.json say?', 'read_file', { path: 'package.json' }],
    ['Search for "TODO" in src', 'search_files', { query: 'TODO', path: 'src' }],
    ['Which files mention deadline?', 'search_files', { query: 'deadline' }],
  ])('%s', (question, name, input) => {
    expect(callsOf(question, stock)).toEqual([[name, input]])
  })

  test('two tasks with files in one sentence are two calls', () => {
    expect(callsOf('List the files in src and read package.json', stock)).toEqual([
      ['list_files', { path: 'src' }],
      ['read_file', { path: 'package.json' }],
    ])
  })

  test('the weekday of a date that must be calculated first is two steps', () => {
    const { steps } = run('What weekday is 3 weeks after March 1, 2027?', { date_add: '{"date":"2027-03-22"}' })
    expect(steps).toEqual([[['date_add', { date: '2027-03-01', weeks: 3 }]], [['weekday', { date: '2027-03-22' }]]])
  })
})

describe('any tools', () => {
  test.each([
    ['What should I pack for Hangzhou?', 'get_weather', { city: 'Hangzhou' }],
    ['杭州天气怎么样？', 'get_weather', { city: '杭州' }],
    ['And for Oslo?', 'get_weather', { city: 'Oslo' }],
    ['How is the weather in Bad Homburg?', 'get_weather', { city: 'Bad Homburg' }],
    ['How many words are in "the quick brown fox"?', 'word_count', { text: 'the quick brown fox' }],
    ['Count the words: one two three', 'word_count', { text: 'one two three' }],
    ['Send an email to bob@example.com with the subject "Hi"', 'send_email', { to: 'bob@example.com', subject: 'Hi' }],
    ['Where is order AB-1234?', 'get_order', { order_id: 'AB-1234' }],
    ['Convert 120 USD to EUR', 'convert_currency', { amount: 120, from: 'USD', to: 'EUR' }],
    ['Switch the light in the "kitchen" off', 'set_light', { room: 'kitchen', state: 'off' }],
    ['What time is it?', 'current_time', {}],
  ])('%s', (question, name, input) => {
    expect(callsOf(question, own)).toEqual([[name, input]])
  })

  test('two cities are two parallel calls', () => {
    expect(callsOf('Compare the weather in Paris and Rome.', own)).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome' }],
    ])
  })

  test('own tools and stock tools work side by side', () => {
    const names = callsOf('What is the weather in Oslo, and what is 3 + 4?', [...stock, ...own]).map((call) => (call as readonly Json[])[0])
    expect(names).toEqual(['get_weather', 'calculator'])
  })

  test('a list of numbers fills an array', () => {
    const tool = define('sort_numbers', 'Sorts numbers.', { numbers: { type: 'array', items: { type: 'number' } } })
    expect(callsOf('Sort the numbers 3, 1 and 2', [tool])).toEqual([['sort_numbers', { numbers: [3, 1, 2] }]])
  })

  test('results are reported with their input', () => {
    expect(run('Weather in Oslo?', { get_weather: '{"temperature":4,"sky":"clear"}' }, { tools: own }).answer).toBe(
      'get_weather (city Oslo) says: temperature 4, sky clear.',
    )
  })

  test('a hundred tools do not confuse the choice', () => {
    const many = Array.from({ length: 100 }, (_, index) => stringTool(`lookup_item_${index}`, 'item'))
    expect(callsOf('What is the weather in Oslo?', [...many, ...own])).toEqual([['get_weather', { city: 'Oslo' }]])
  })
})

describe('what is not a call', () => {
  test('without a fitting tool it says what it is and what it can do', () => {
    const { answer } = run('Write me a poem about spring', {}, { tools: own })
    expect(answer).toMatch(/^I found nothing in your words that fits a tool\. I am a rule-based stand-in for a language model/)
    expect(answer).toContain('get_weather')
  })

  test('when it is asked what it is, it says so', () => {
    expect(run('Who are you?', {}, { tools: stock }).answer).toContain('not a language model')
    expect(run('请介绍一下你自己', {}, {}).answer).toContain('不是语言模型')
  })

  test('with tool_choice none it replies with text', () => {
    const body = { tools: stock, tool_choice: 'none', messages: [{ role: 'user', content: 'What is 2 + 2?' }] }
    expect(offlineReply(body, false).candidates[0]).toMatchObject({
      toolCalls: [],
      text: 'I did not call calculator for “2 + 2”, because no more calls are allowed.',
    })
  })

  test('after a last message that ends the calls, it replies with the results that exist', () => {
    const messages = [
      { role: 'user', content: 'What is 2 + 2, and what is 3 + 3?' },
      { role: 'assistant', content: '', tool_calls: [{ id: 'a', type: 'function', function: { name: 'calculator', arguments: '{"expression":"2 + 2"}' } }] },
      { role: 'tool', tool_call_id: 'a', content: '4' },
      { role: 'user', content: 'The step limit is reached. Give your best answer so far without calling tools.' },
    ]
    expect(offlineReply({ tools: stock, messages }, false).candidates[0]?.text).toBe(
      '2 + 2 is 4. I did not call calculator for “3 + 3”, because no more calls are allowed.',
    )
  })

  test('with tool_choice required it calls a tool even where none fits', () => {
    const body = { tools: own, tool_choice: 'required', messages: [{ role: 'user', content: 'Hello.' }] }
    expect(offlineReply(body, false).candidates[0]?.toolCalls).toEqual([{ name: 'get_weather', arguments: '{"city":"Hello"}' }])
  })

  test('a tool that takes the final answer is called last, once', () => {
    const finish = define('final_answer', 'Takes the final answer.', { answer: text('The answer.'), value: { type: 'number' } })
    const { steps } = run('What is 2 + 2?', { calculator: '4' }, { tools: [...stock, finish] })
    expect(steps).toEqual([[['calculator', { expression: '2 + 2' }]], [['final_answer', { answer: '2 + 2 is 4.', value: 4 }]]])
  })
})

describe('JSON', () => {
  const ask = (prompt: string): Json =>
    JSON.parse(
      offlineReply({ response_format: { type: 'json_object' }, messages: [{ role: 'user', content: prompt }] }, false).candidates[0]?.text ?? '',
    ) as Json

  test('references are followed, and a recursion ends', () => {
    const node = {
      type: 'object',
      properties: { name: { type: 'string' }, next: { $ref: '#/$defs/node' }, more: { type: 'array', items: { $ref: '#/$defs/node' } } },
    }
    const schema = { type: 'object', properties: { value: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['value'], $defs: { node } }
    const filled = ask(`Answer in JSON with this schema: ${JSON.stringify(schema)}`)
    expect(filled).toMatchObject({ value: [{ name: expect.any(String), next: { name: expect.any(String), more: [] } }] })
  })

  test('a schema in the prompt is filled', () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' }, mood: { enum: ['good', 'bad'] } },
      required: ['city', 'days', 'mood'],
    }
    expect(ask(`I go to Paris for 5 days, that is good. Answer in JSON with this schema: ${JSON.stringify(schema)}`)).toEqual({
      city: 'Paris',
      days: 5,
      mood: 'good',
    })
  })

  test('an example in the prompt is followed', () => {
    expect(ask('Reply in JSON like {"city": "Rome", "days": 3}. I go to Paris for 5 days.')).toEqual({ city: 'Paris', days: 5 })
  })

  test('without either, the reply has one field', () => {
    expect(ask('Answer in JSON. Who are you?')).toEqual({ answer: expect.stringContaining('rule-based stand-in') })
  })
})

test('a partial message is continued, not repeated', () => {
  const messages = [
    { role: 'user', content: 'Who are you?' },
    { role: 'assistant', content: 'I am a rule-based', partial: true },
  ]
  expect(offlineReply({ messages }, false).candidates[0]?.text).toMatch(/^ stand-in for a language model/)
})

describe('sentences for outputs', () => {
  const answer = (question: string, outputs: Outputs): string => run(question, outputs).answer

  test('an output of a sum without a number is an error, and nothing is calculated with it', () => {
    const { steps, answer: said } = run('What is 5 / 0? Then multiply the result by 4.', { calculator: 'At "/", position 3: Division by zero.' })
    expect(steps).toHaveLength(1)
    expect(said).toContain('The tool calculator could not do its part (“5 / 0”): At "/", position 3: Division by zero.')
  })

  test('a file that does not exist is an error', () => {
    expect(answer('Read nothing/here.txt', { read_file: '"nothing/here.txt" does not exist.' })).toBe(
      'The tool read_file could not do its part (“Read nothing/here.txt”): "nothing/here.txt" does not exist.',
    )
  })

  test("a tool's sentence is not put into another sentence", () => {
    expect(
      answer('How many days are there from 2026-11-21 to 2027-03-01?', { date_difference: '100 days from 2026-11-21 (Saturday) to 2027-03-01 (Monday).' }),
    ).toBe('There are 100 days from 2026-11-21 (Saturday) to 2027-03-01 (Monday).')
  })

  test('today is passed to tools that know the word, and to no others', () => {
    const knowing = define('date_difference', 'Time between two dates.', { from: text('YYYY-MM-DD, or "today".'), to: text('Last date.') })
    expect(callsOf('How many days until 2027-03-01?', [knowing])).toEqual([['date_difference', { from: 'today', to: '2027-03-01' }]])
    expect(callsOf('How many days until 2027-03-01?', stock)).toEqual([])
  })
})

describe('with a search for tools', () => {
  const search = [
    define('search_tools', 'Finds further tools by words.', { query: text('What the tool should do.') }),
    define('call_tool', 'Calls a tool that was found.', { name: text('Name.'), input: { type: 'object' } }),
  ]
  const found = [
    'To call one of these tools: call_tool {"name":"city_list","input":{…}}, where input fits its input schema.',
    '1. city_list: Lists the largest cities.',
    '   input schema: {"type":"object","properties":{"country":{"type":"string"}},"required":["country"]}',
    '2. get_weather: Current weather of a city.',
    '   input schema: {"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
    '3. stop_all: Stops everything.',
  ].join('\n')

  test('a tool is searched for, and the one that fits is called by its name', () => {
    const { steps, answer } = run('What is the weather in Oslo?', { search_tools: found, call_tool: 'Rain, 7 °C' }, { tools: search })

    expect(steps).toEqual([[['search_tools', { query: 'What is the weather in Oslo?' }]], [['call_tool', { name: 'get_weather', input: { city: 'Oslo' } }]]])
    expect(answer).toContain('Rain, 7 °C')
    expect(answer).not.toContain('search_tools')
  })

  test('a tool of the request that fits is called without a search', () => {
    expect(run('What is the weather in Oslo?', { get_weather: 'Rain' }, { tools: [...own, ...search] }).steps).toEqual([[['get_weather', { city: 'Oslo' }]]])
  })

  test('a search that finds nothing useful is not repeated', () => {
    const nothing = 'No tool has these words. Search again with other words.'

    expect(run('What is the weather in Oslo?', { search_tools: nothing }, { tools: search }).steps).toHaveLength(1)
  })
})
