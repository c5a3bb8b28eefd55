import { blankOut, type FindTasks, type Task, taskAt } from '../task.ts'

const NUMBER = '(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?'
const VALUE = `[$€£¥￥]?(${NUMBER}|(?:这个|那个|该|上面的|刚才的)?(?:结果|得数|答案|数)|它)(?:\\s*(?:元|块钱?|美元))?`
const PERCENT = `(${NUMBER})\\s*%`
const LIST = `(${NUMBER}(?:\\s*(?:、|，|,\\s|和|与|以及)\\s*${NUMBER})+)`

/** Phrases and their expressions, as in sums.ts. */
const sums: readonly (readonly [RegExp, string | ((numbers: readonly string[]) => string)])[] = [
  [phrase(`${VALUE}\\s*的\\s*${PERCENT}`), '$1 * $2 / 100'],
  [phrase(`${PERCENT}\\s*的\\s*${VALUE}`), '$2 * $1 / 100'],
  [phrase(`${VALUE}\\s*打\\s*(${NUMBER})\\s*折`), '$1 * $2 / 10'],
  [phrase(`${VALUE}\\s*(?:增加|提高|上?涨|上调|增长|加上?)了?\\s*${PERCENT}`), '$1 * (100 + $2) / 100'],
  [phrase(`${VALUE}\\s*(?:减少|降低|下降|下调|减去?)了?\\s*${PERCENT}`), '$1 * (100 - $2) / 100'],
  [phrase(`${VALUE}\\s*的\\s*平方根`), 'sqrt($1)'],
  [phrase(`根号\\s*${VALUE}`), 'sqrt($1)'],
  [phrase(`${VALUE}\\s*的\\s*(${NUMBER})\\s*倍`), '$1 * $2'],
  [phrase(`${VALUE}\\s*的\\s*一半`), '$1 / 2'],
  [phrase(`${VALUE}\\s*(?:和|与|跟|同)\\s*${VALUE}\\s*[的之]差`), '$1 - $2'],
  [phrase(`${LIST}\\s*(?:的?总和|[的之]和|加起来)`), (numbers) => numbers.join(' + ')],
  [phrase(`${LIST}\\s*(?:的?乘积|[的之]积)`), (numbers) => numbers.join(' * ')],
  [phrase(`${LIST}\\s*的?平均(?:数|值)?`), (numbers) => `(${numbers.join(' + ')}) / ${numbers.length}`],
  [phrase(`${VALUE}\\s*再?加上?\\s*${VALUE}`), '$1 + $2'],
  [phrase(`${VALUE}\\s*再?减去?\\s*${VALUE}`), '$1 - $2'],
  [phrase(`${VALUE}\\s*再?乘以?\\s*${VALUE}`), '$1 * $2'],
  [phrase(`${VALUE}\\s*再?除以\\s*${VALUE}`), '$1 / $2'],
]

function phrase(source: string): RegExp {
  return new RegExp(`(?<![\\w.])${source}(?!\\w|\\.\\d|\\s*%)`, 'g')
}

/** Finds percentages, sums and the like in Chinese words. Expressions in signs are found in any language: sums.ts. */
export const findChineseSums: FindTasks = (clause) => {
  let rest = clause.replace(/\d{4}-\d{2}-\d{2}/g, '          ')
  const tasks: Task[] = []
  for (const [regex, expression] of sums) {
    const found = [...rest.matchAll(regex)].map((words) => taskAt('calculate', words, { expression: writeSum(expression, words.slice(1)) }))
    tasks.push(...found)
    rest = blankOut(rest, found)
  }
  return tasks
}

function writeSum(expression: (typeof sums)[number][1], values: readonly string[]): string {
  if (typeof expression === 'function') return expression((values[0] ?? '').match(new RegExp(NUMBER, 'g'))?.map(readValue) ?? [])
  return expression.replace(/\$(\d)/g, (_, number: string) => readValue(values[Number(number) - 1] ?? ''))
}

function readValue(text: string): string {
  return /^\d/.test(text) ? text.replaceAll(',', '') : '{number}'
}

const ISO = '\\d{4}-\\d{2}-\\d{2}'
const REFERENCE = '(?:那|这|该|同)一?(?:天|日期|个日期)'
const DATE = `(${ISO}|今天|今日|${REFERENCE})`
const UNITS: Readonly<Record<string, string>> = { 天: 'days', 日: 'days', 周: 'weeks', 星期: 'weeks', 礼拜: 'weeks', 月: 'months', 年: 'years' }
const UNIT = '(天|日|周|星期|礼拜|月|年)'
const SPAN_PART = `(\\d+)\\s*个?${UNIT}`
const SPAN = `(?<span>${SPAN_PART}(?:[又零和]?\\s*${SPAN_PART})*)`
const ASKED_UNIT = new RegExp(`(?:多少|几)\\s*个?${UNIT}(?!\\s*[几期])`)
const ASKS_SPAN = /多久|多长时间|相[差隔距]|间隔|之间/

/** Two dates, and which of them is the earlier one. */
const differences: readonly (readonly [RegExp, from: number, to: number])[] = [
  [new RegExp(`(?:截?至|到)\\s*${DATE}[^\\d]{0,12}?从\\s*${DATE}`, 'g'), 2, 1],
  [new RegExp(`从?\\s*${DATE}\\s*(?:起|开始|算起)?\\s*[,，]?\\s*(?:直?到|至|~|～|—+|-{1,2}(?!\\d))\\s*${DATE}`, 'g'), 1, 2],
  [new RegExp(`${DATE}\\s*(?:和|与|跟|同|距离?|离)\\s*${DATE}`, 'g'), 1, 2],
]
const UNTIL = new RegExp(`(?:距离?|离|到)\\s*(${ISO})`, 'g')

/** A span and its direction. */
const additions = [
  new RegExp(`${DATE}\\s*的?\\s*${SPAN}\\s*(?<how>之后|以后|后|之前|以前|前)`, 'g'),
  new RegExp(`${DATE}\\s*(?<how>\\+|加上?|往后|再?过|推后|之后|以后|后|-|减去?|往前|提前|之前|以前|前)\\s*的?\\s*${SPAN}`, 'g'),
]
const WEEKDAY = /(?:星期|周|礼拜)几/

/** Finds calculations with dates in Chinese words: differences, additions, weekdays. */
export const findChineseDates: FindTasks = (clause) => {
  const added = additions.flatMap((regex) => [...clause.matchAll(regex)].map(addition))
  const rest = blankOut(clause, added)
  const earlier = [...added, ...findDifferences(rest)]
  return [...earlier, ...findWeekdays(blankOut(clause, earlier), earlier)]
}

function addition(found: RegExpExecArray): Task {
  const { span = '', how = '' } = found.groups ?? {}
  const sign = /前|-|减/.test(how) ? -1 : 1
  const amounts = [...span.matchAll(new RegExp(SPAN_PART, 'g'))].map(([, count = '', unit = '']) => [UNITS[unit] ?? 'days', sign * Number(count)] as const)
  return taskAt('date-add', found, { date: dateValue(found[1]), ...Object.fromEntries(amounts) })
}

function dateValue(text = ''): string {
  if (/^\d/.test(text)) return text
  return text.startsWith('今') ? 'today' : '{date}'
}

function findDifferences(text: string): readonly Task[] {
  const asked = ASKED_UNIT.exec(text)?.[1]
  if (asked === undefined && !ASKS_SPAN.test(text)) return []
  const unit = UNITS[asked ?? '天'] ?? 'days'
  const named = unit === 'days' ? {} : { unit }
  for (const [regex, from, to] of differences) {
    const found = [...text.matchAll(regex)].map((words) =>
      taskAt('date-difference', words, { from: dateValue(words[from]), to: dateValue(words[to]), ...named }),
    )
    if (found.length > 0) return found
  }
  return [...text.matchAll(UNTIL)].map((words) => taskAt('date-difference', words, { from: 'today', to: words[1] ?? '', ...named }))
}

function findWeekdays(rest: string, earlier: readonly Task[]): readonly Task[] {
  const asked = WEEKDAY.exec(rest)
  if (asked === null) return []
  const dates = [...rest.matchAll(new RegExp(`${ISO}|今天`, 'g'))]
  if (dates.length > 0) return dates.map((found) => taskAt('weekday', found, { date: dateValue(found[0]) }))
  const refers = earlier.some(({ kind }) => kind === 'date-add') || new RegExp(REFERENCE).test(rest)
  if (!refers) return []
  const after = Math.max(asked.index + asked[0].length, ...earlier.map(({ end }) => end))
  return [{ kind: 'weekday', values: { date: '{date}' }, phrase: '那一天是星期几', start: after, end: after }]
}
