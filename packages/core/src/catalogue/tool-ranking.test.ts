import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ToolDefinition } from '../contract/model.ts'
import { ToolRanking } from './tool-ranking.ts'

const define = (name: string, description: string, properties = {}): ToolDefinition => ({ name, description, inputSchema: { type: 'object', properties } })

const tools = [
  define('create_issue', 'Creates an issue in a repository.', { labels: { description: 'Tags of the issue.' } }),
  define('list_issues', 'Lists the issues of a repository.'),
  define('send_email', 'Sends an email to one or several people.', { recipients: { description: 'Addresses.' } }),
  define('get_weather', 'The weather of a city.', { city: { description: 'Name of a city.' } }),
  define('query_weather_zh', '查询城市的天气预报。'),
  define('search', 'Searches the web.'),
]
const names = (query: string, limit?: number): readonly string[] => new ToolRanking(tools).search(query, limit).map(({ name }) => name)

describe('a search', () => {
  test.each([
    ['send mails to people', 'send_email'],
    ['creating issues', 'create_issue'],
    ['recipient addresses', 'send_email'],
    ['北京明天天气怎么样', 'query_weather_zh'],
    ['SEND E-MAIL', 'send_email'],
    ['Please could you tell me what the weather is going to be like in this city for the next few days?', 'get_weather'],
  ])('"%s" finds %s first', (query, expected) => {
    expect(names(query)[0]).toBe(expected)
  })

  test('finds nothing where no word matches', () => {
    expect(['', '   ', '?!', 'zebra', '\uD800'].flatMap((query) => names(query))).toEqual([])
  })

  test('returns at most the limit', () => {
    expect([0, 1, 2, 100].map((limit) => names('issue repository', limit).length)).toEqual([0, 1, 2, 2])
  })

  test('finds a tool whose name is written out in the query first', () => {
    expect(names('list_issues')[0]).toBe('list_issues')
    expect(names('weather weather get the schema of create_issue')[0]).toBe('create_issue')
    expect(names('search')[0]).toBe('search')
    expect(names('search the weather of a city')[0]).toBe('get_weather')
  })

  test('with stop words only still finds tools', () => {
    expect(names('the a of to in is it and or as at be by do the a of')).not.toEqual([])
  })

  test('sorts equal tools by name', () => {
    const equal = ['b', 'c', 'a', 'B'].map((name) => define(`tool_${name}`, 'Same.'))
    const ranking = new ToolRanking(equal.map((tool) => ({ ...tool, inputSchema: {} })))

    expect(ranking.search('same', 3).map(({ name }) => name)).toEqual(['tool_B', 'tool_a', 'tool_b'])
  })
})

test('the same tools in any order, added at once or one by one, give the same result', () => {
  const text = fc.array(fc.constantFrom('alpha', 'beta', 'gammas', 'delta', '天气', 'x1'), { maxLength: 8 }).map((words) => words.join(' '))
  const definitions = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-c]{1,3}$/), text, text), { selector: ([name]) => name, maxLength: 20 })
  const shuffled = definitions.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))

  fc.assert(
    fc.property(shuffled, text, fc.integer({ min: 1, max: 25 }), ([first, second], query, limit) => {
      const make = ([name, description, parameter]: readonly [string, string, string]) => define(name, description, { p: { description: parameter } })
      const atOnce = new ToolRanking(first.map(make))
      const oneByOne = new ToolRanking()
      for (const item of second) oneByOne.add(make(item))

      expect(oneByOne.search(query, limit)).toEqual(atOnce.search(query, limit))
    }),
  )
})

test('two tools of one name are refused', () => {
  expect(() => new ToolRanking([...tools, define('search', 'Another.')])).toThrow(expect.objectContaining({ code: 'invalid-tool' }))
})

test('words that are names of object members are words', () => {
  const ranking = new ToolRanking([define('constructor', '__proto__ toString'), define('has_own', 'hasOwnProperty')])

  expect(ranking.search('__proto__ toString')).toHaveLength(1)
  expect(ranking.search('valueOf')).toEqual([])
})

test('a tool may have no parameters and an odd schema', () => {
  const ranking = new ToolRanking([{ name: 'odd', description: '', inputSchema: { properties: null, items: [null, 1, 'x'], anyOf: 'no' } }])

  expect(ranking.search('odd')).toHaveLength(1)
})

test('a description of a megabyte and a query of 100,000 characters take bounded work', () => {
  const huge = ['word ', 'aB', '天', 'x', 'y', '\u0301', '\uD800', '1a_'].map((unit, index) => define(`huge${index}`, unit.repeat(1_000_000 / unit.length)))
  const varied = define('varied', Array.from({ length: 100_000 }, (_, index) => `w${index.toString(36)}`).join(' '))
  const ranking = new ToolRanking([...huge, varied, ...tools])

  const started = process.cpuUsage()
  for (const unit of ['weather ', 'aB', '天', 'y', '\uD800']) ranking.search(unit.repeat(100_000 / unit.length))
  expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000)
  expect(ranking.search(`weather city ${'filler '.repeat(20_000)}`)[0]?.name).toBe('get_weather')
})

test('what follows 20,000 characters of a description and 4,000 of a query is not read', () => {
  const ranking = new ToolRanking([define('long', `${'x '.repeat(9_995)} alpha ${'x '.repeat(10)} omega`)])

  expect(ranking.search('alpha')).toHaveLength(1)
  expect(ranking.search('omega')).toEqual([])
  expect(ranking.search(`${'filler '.repeat(571)}alpha`)).toEqual([])
  expect(ranking.search(`${'filler '.repeat(500)}alpha`)).toHaveLength(1)
})
