import { expect, test } from 'vitest'
import { callTool, searchTool } from './wire-tools.ts'

const describedAs = (...descriptions: readonly string[]) =>
  searchTool(descriptions.map((description, index) => ({ name: `tool_${index}`, description, inputSchema: { type: 'object' } })))

test('the search says in which languages the tools are described', () => {
  expect(describedAs('查询城市的天气。', '发送邮件。').description).toContain('described in Chinese:')
  expect(describedAs('天気を調べる。').description).toContain('described in Japanese:')
  expect(describedAs('날씨를 알려 준다.').description).toContain('described in Korean:')
  expect(describedAs('Sends an email.', 'The weather of a city.', '查询天气。').description).toContain('described in English and Chinese:')
  expect(describedAs('Прогноз погоды.').description).not.toContain('described in')
})

test('one tool in another language is not named, and one tool more does not change the text', () => {
  const english = Array.from({ length: 20 }, () => 'The weather of a city.')

  expect(describedAs(...english, '查询天气。')).toEqual(describedAs(...english))
})

test('the search takes a query, and a call a name and an input of any shape', () => {
  expect(describedAs('The time.').inputSchema['required']).toEqual(['query'])
  expect(callTool(false).inputSchema).toMatchObject({ required: ['name', 'input'], properties: { input: { type: 'object', additionalProperties: true } } })
})

test('where no object of any shape can be sent, the input is a text', () => {
  expect(callTool(true).inputSchema).toMatchObject({ properties: { input: { type: 'string' } } })
})
