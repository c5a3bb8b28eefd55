import { ToolRanking } from '@capstan/core/catalogue'
import { expect, test } from 'vitest'
import { chineseQueries, chineseTools } from './chinese.ts'
import { chineseQuestions } from './load-questions.ts'
import { measureRecall } from './measure-recall.ts'
import { ToolCollection } from './tool-collection.ts'

test('of 50 Chinese questions nine in ten find their tool among the first five of 5,000', () => {
  const collection = new ToolCollection()
  for (let index = chineseTools.length; index < 5_000; index++) {
    collection.add('english', { name: `tool_${index}`, description: `Reads record ${index} of a table.`, inputSchema: {} })
  }
  for (const tool of chineseTools) collection.add('chinese', tool)
  const { at5, at10 } = measureRecall(new ToolRanking(collection.tools), chineseQuestions(collection))

  expect(chineseQueries).toHaveLength(50)
  expect(at5).toBeGreaterThanOrEqual(90)
  expect(at10).toBeGreaterThanOrEqual(at5)
})

test('versions of a function have names of their own, and each counts as the right one', () => {
  const collection = new ToolCollection()
  for (const description of ['First.', 'Second.', 'First.']) collection.add('set', { name: 'get', description, inputSchema: {} })
  collection.add('other', { name: 'get', description: 'First.', inputSchema: {} })

  expect(collection.tools.map(({ name }) => name)).toEqual(['get', 'get_2', 'get_3'])
  expect(collection.named('set', 'get')).toEqual(new Set(['get', 'get_2']))
})
