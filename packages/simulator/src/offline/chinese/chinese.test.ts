import { expect, test } from 'vitest'
import { type Json, type JsonObject, parseJson } from '../../json.ts'
import { offlineReply } from '../offline-reply.ts'
import { isChinese, normalizeChinese } from './normalize-chinese.ts'
import { NUMERAL, readNumeral } from './numerals.ts'

const text: JsonObject = { type: 'string' }
const define = (name: string, description: string, properties: JsonObject): Json => ({
  type: 'function',
  function: { name, description, parameters: { type: 'object', properties, required: Object.keys(properties).slice(0, 1) } },
})
const tools = [
  define('calculator', 'Evaluates an arithmetic expression.', { expression: text }),
  define('date_difference', 'Time between two dates. Knows "today".', { from: text, to: text, unit: text }),
  define('date_add', 'Adds a span to a date.', { date: text, days: { type: 'integer' }, months: { type: 'integer' } }),
  define('weekday', 'Weekday of a date.', { date: text }),
  define('convert_time', 'Converts a time between time zones. Knows "now".', { time: text, from_zone: text, to_zone: text }),
]

function reply(messages: readonly Json[], offered: readonly Json[] = tools): { readonly calls: readonly (readonly [string, Json])[]; readonly text: string } {
  const [candidate] = offlineReply({ tools: offered, messages }, false).candidates
  return { calls: (candidate?.toolCalls ?? []).map((call) => [call.name, parseJson(call.arguments) ?? null]), text: candidate?.text ?? '' }
}

const ask = (question: string) => reply([{ role: 'user', content: question }])

test.each([
  ['十七', '17'],
  ['二千三百四十', '2340'],
  ['两万零五', '20005'],
  ['一亿二千万', '120000000'],
  ['二〇二六', '2026'],
  ['三点五', '3.5'],
])('%s is %s', (numeral, digits) => {
  expect(new RegExp(`^(?:${NUMERAL})$`).test(numeral)).toBe(true)
  expect(readNumeral(numeral)).toBe(digits)
})

test.each([
  ['２，３４０ 的 １７％', '2,340 的 17%'],
  ['百分之十七点五的涨幅', '17.5%的涨幅'],
  ['２０２６年１１月２１日', '2026-11-21'],
  ['二〇二六年十一月二十一日是哪天', '2026-11-21是哪天'],
  ['2026/11/21 到 12月5日', '2026-11-21 到 2026-12-05'],
  ['三加四乘五等于几', '3 + 4 * 5 等于几'],
  ['一共多少？那一天、这一天、星期一、第一天、千万不要、十分感谢', '一共多少？那一天、这一天、星期一、第一天、千万不要、十分感谢'],
  ['搜索「百分之十七」和“２０”', '搜索「百分之十七」和“２０”'],
  ['What is 5 in 杭州 on 2026/11/21?', 'What is 5 in 杭州 on 2026/11/21?'],
])('%s is read as %s', (written, read) => {
  expect(normalizeChinese(written)).toBe(read)
})

test.each([
  ['2,340 的 17% 是多少？', '2340 * 17 / 100'],
  ['百分之十七的 2340 等于多少', '2340 * 17 / 100'],
  ['求２３４０的百分之十七', '2340 * 17 / 100'],
  ['2340乘以17%', '2340 * 17 / 100'],
  ['240 元涨了 5% 是多少', '240 * (100 + 5) / 100'],
  ['2340 打八五折', '2340 * 8.5 / 10'],
  ['144 的平方根', 'sqrt(144)'],
  ['12 的 3 倍', '12 * 3'],
  ['3、4 和 5 的平均数', '(3 + 4 + 5) / 3'],
  ['（1 加 2）乘 3 是多少', '(1 + 2) * 3'],
  ['What is 2,340 × 17%?', '2340 * 17 / 100'],
  ['What is 200 plus 10 percent?', '200 * (100 + 10) / 100'],
])('%s asks for %s', (question, expression) => {
  expect(ask(question).calls).toEqual([['calculator', { expression }]])
})

test.each([
  ['从 2026-11-21 到 2027-03-01 有多少天？', {}],
  ['2026年11月21日和2027年3月1日相差几天？', {}],
  ['到 2027-03-01 为止，从 2026-11-21 算起有多少天？', {}],
  ['2026-11-21与2027-03-01之间的天数', {}],
  ['2026/11/21 距离 2027/3/1 有几周？', { unit: 'weeks' }],
  ['二〇二六年十一月二十一日至二〇二七年三月一日有几个月', { unit: 'months' }],
])('%s asks for the time between two dates', (question, unit) => {
  expect(ask(question).calls).toEqual([['date_difference', { from: '2026-11-21', to: '2027-03-01', ...unit }]])
})

test.each([
  ['距离 2027-03-01 还有多少天？', 'date_difference', { from: 'today', to: '2027-03-01' }],
  ['2026-11-21 之后 90 天是哪天？', 'date_add', { date: '2026-11-21', days: 90 }],
  ['2026-11-21 的三个月前是哪天？', 'date_add', { date: '2026-11-21', months: -3 }],
  ['2026年11月21日是星期几？', 'weekday', { date: '2026-11-21' }],
  ['东京现在几点？', 'convert_time', { time: 'now', from_zone: 'UTC', to_zone: 'Asia/Tokyo' }],
])('%s', (question, name, input) => {
  expect(ask(question).calls).toEqual([[name, input]])
})

/** Plays a conversation to its end: each call gets its output. */
function answer(question: string, outputs: Readonly<Record<string, string>>): string {
  const messages: Json[] = [{ role: 'user', content: question }]
  for (let step = 0; step < 5; step += 1) {
    const { calls, text: said } = reply(messages)
    if (calls.length === 0) return said
    const toolCalls = calls.map(([name, input], index) => ({ id: `${step}-${index}`, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
    messages.push({ role: 'assistant', content: '', tool_calls: toolCalls })
    messages.push(...calls.map(([name], index) => ({ role: 'tool', tool_call_id: `${step}-${index}`, content: outputs[name] ?? 'Error: closed' })))
  }
  return ''
}

test('a question in Chinese is answered in Chinese', () => {
  const outputs = { calculator: '397.8', date_difference: '100 days from 2026-11-21 (Saturday) to 2027-03-01 (Monday).' }
  expect(answer('2,340 的 17% 是多少？从 2026-11-21 到 2027-03-01 有多少天？', outputs)).toBe(
    '2,340 的 17% 等于 397.8。从 2026-11-21 到 2027-03-01 有 100 天。',
  )
  expect(answer('2026-11-21 之后 90 天是哪天？那一天是星期几？', { date_add: '2027-02-19 (Friday)', weekday: 'Friday' })).toBe(
    '2026-11-21 之后 90 天是 2027-02-19。2027-02-19 是星期五。',
  )
  expect(answer('2340 的 17% 是多少？', {})).toBe('工具 calculator 没能完成“2340 的 17%”：Error: closed。')
})

test('without a tool that fits, the stand-in says in Chinese what it is', () => {
  for (const question of ['你是谁？', '一共多少钱？']) expect(ask(question)).toEqual({ calls: [], text: expect.stringMatching(/离线替身，不是语言模型/) })
  expect(ask('How much is 杭州 worth?').text).toMatch(/^I found nothing/)
  expect([isChinese('杭州 weather today'), isChinese('杭州 weather')]).toEqual([false, true])
})
