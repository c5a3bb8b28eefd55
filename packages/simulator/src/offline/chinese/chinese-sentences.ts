import { isObject } from '../../json.ts'
import type { PlannedCall } from '../plan.ts'
import type { CallResult, OfflineRequest } from '../read-request.ts'
import type { TaskKind, TaskValues } from '../task.ts'
import { summarize, type ToolOutput } from '../tool-output.ts'

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/\b(\d[\d,.]*) years?\b/gi, '$1 年'],
  [/\b(\d[\d,.]*) months?\b/gi, '$1 个月'],
  [/\b(\d[\d,.]*) weeks?\b/gi, '$1 周'],
  [/\b(\d[\d,.]*) days?\b/gi, '$1 天'],
  [/\b(\d[\d,.]*) hours?\b/gi, '$1 小时'],
  [/\b(\d[\d,.]*) minutes?\b/gi, '$1 分钟'],
]
const NAMES: Readonly<Record<string, string>> = { years: '年', months: '个月', weeks: '周', days: '天' }
const WEEKDAYS: Readonly<Record<string, string>> = { mon: '一', tue: '二', wed: '三', thu: '四', fri: '五', sat: '六', sun: '日' }

type Sentence = (task: { readonly values: TaskValues; readonly phrase: string }, output: ToolOutput) => string

const sentences: Readonly<Record<TaskKind, Sentence>> = {
  calculate: ({ values, phrase }, { summary }) => `${/结果|得数|答案|它|数/.test(phrase) ? values['expression'] : phrase} 等于 ${summary}`,
  'date-difference': ({ values: { from, to, unit = 'days' } }, { summary }) => {
    // Some tools repeat the dates, in a language of their own.
    const [span = summary] = summary.split(/ (?:from|between) /)
    return `从${from === 'today' ? '今天' : ` ${from} `}到 ${to} 有 ${/^[-−]?[\d,.]+$/.test(span) ? `${span} ${NAMES[unit] ?? unit}` : withChineseUnits(span)}`
  },
  'date-add': ({ values, phrase }, { date, summary }) => `${phrase.replace(/^[那这该同]一?(?:天|日期|个日期)/, String(values['date']))}是 ${date ?? summary}`,
  weekday: ({ values }, { summary }) => {
    const day = /\b(mon|tue|wed|thu|fri|sat|sun)/i.exec(summary)?.[1]?.toLowerCase()
    return `${values['date']} 是${day === undefined ? ` ${summary}` : `星期${WEEKDAYS[day]}`}`
  },
  'convert-time': ({ values }, { summary }) => `${values['from_zone']} 的 ${values['time']} 是 ${values['to_zone']} 的 ${summary}`,
  'list-files': ({ values: { path } }, { summary }) => `${path === '.' ? '当前文件夹' : path} 里有：${summary.split('\n').join('、')}`,
  'read-file': ({ values }, { summary }) => `${values['path']} 的内容是：${summary}`,
  'search-files': ({ values }, { summary }) => `搜索“${values['query']}”的结果是：${summary}`,
}

function withChineseUnits(text: string): string {
  return UNITS.reduce((rest, [unit, chinese]) => rest.replace(unit, chinese), text).replaceAll(' and ', '零 ')
}

/** The sentence of a planned call, in Chinese. */
export function chinesePlanned({ kind, tool, input, values, phrase, result }: PlannedCall): string {
  if (result === undefined) {
    return input === undefined ? `“${phrase}”算不出来：没有它可能指的结果。` : `没有为“${phrase}”调用 ${tool.name}，因为不允许再调用工具。`
  }
  const { isError, summary } = result.output
  if (isError) return end(`工具 ${tool.name} 没能完成“${phrase}”：${summary}`)
  if (kind !== undefined) return end(sentences[kind]({ values, phrase }, result.output))
  const fields = Object.entries(isObject(input) ? input : {}).map(([key, value]) => `${key}：${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return end(`${tool.name}${fields.length === 0 ? '' : `（${fields.join('，')}）`}返回：${summary}`)
}

/** The sentence of a result that the plan does not have, in Chinese. */
export function chineseOther({ name, input, output }: CallResult): string {
  return end(`${name === '' ? '一个工具' : name}（${summarize(input)}）${output.isError ? '失败了' : '返回'}：${output.summary}`)
}

/** What the rules say of themselves, in Chinese. */
export function describeInChinese({ tools }: OfflineRequest): string {
  const offer =
    tools.length === 0
      ? '这个请求没有提供工具，所以我什么也不能调用。'
      : `这个请求提供的工具有：${tools.map(({ name }) => name).join('、')}。我能做的，就是它们的参数所说明的事。`
  return `我是按规则工作的离线替身，不是语言模型。我根据文字中的数字、百分比、日期、时间、路径、引文、名称和城市选择工具，再用它们的结果组成回答。${offer}`
}

/** What is said when no tool fits. */
export const nothingFits = '您的话里没有适合任何工具的内容。'

function end(text: string): string {
  return /[。！？….!?]$/.test(text) ? text : `${text}。`
}
