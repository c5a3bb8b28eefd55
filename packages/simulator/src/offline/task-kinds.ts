import { findChineseDates, findChineseSums } from './chinese/find-chinese.ts'
import { findDates } from './dates.ts'
import { findFileTasks } from './files.ts'
import { findSums } from './sums.ts'
import type { FindTasks, TaskKind, TaskValues } from './task.ts'
import { findTimes } from './times.ts'
import type { ToolOutput } from './tool-output.ts'
import { capitalize, quote } from './words.ts'

/** What the rules know of one kind of work: which tools can do it, which output is a success, and how that is said. */
export interface TaskRules {
  /** What was found in the user's words. */
  readonly reason: string
  /** Words that the tool's name, or else its description, must have. */
  readonly toolWords: RegExp
  /** Words that the name or the description must have too. */
  readonly topic?: RegExp
  /** Roles of values, and the names of parameters that can hold them. */
  readonly roles: Readonly<Record<string, RegExp>>
  /** Groups of roles: the tool needs a parameter for at least one role of each group. Default: for every role. */
  readonly needs?: readonly (readonly string[])[]
  /** The form of an output that is a result. Tool messages have no flag for errors. */
  readonly output: RegExp
  /** What a later task can use of the output. */
  readonly gives?: 'number' | 'date'
  /** The sentence that tells the output, without its full stop. */
  readonly sentence: (task: { readonly values: TaskValues; readonly phrase: string }, output: ToolOutput) => string
}

const SPANS = { years: /year/i, months: /month/i, weeks: /week/i, days: /day/i, hours: /hour/i, minutes: /minute/i }
const FOR_FILES = /file|folder|director|path|code/i
const NO_FILE_ERROR = /^(?![^\n]{0,200}(?:does not exist|not found|no such file|is a (?:folder|directory)|permission denied|outside))/i
const WEEKDAY_NAME = /\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/i

/** Every kind of work. The order is that in which tools are assigned. */
export const taskKinds: { readonly [Kind in TaskKind]: TaskRules } = {
  calculate: {
    reason: 'a sum',
    toolWords: /calc|arith|math|expression|evaluat|comput/i,
    roles: { expression: /expr|formula|calculation|equation|input|query|problem/i },
    output: /^(?:about|≈|~|=)?\s*[-−(]?[$€£]?[\d.]/i,
    gives: 'number',
    sentence: ({ values, phrase }, { summary }) => `${/\b(?:it|that|this|result)\b/i.test(phrase) ? values['expression'] : capitalize(phrase)} is ${summary}`,
  },
  'date-difference': {
    reason: 'a time between two dates',
    toolWords: /differ|between|elapsed|duration|interval|apart/i,
    roles: { from: /^(?:from|start|since|first|date_?1|a$|earlier|begin)/i, to: /^(?:to|end|until|second|date_?2|b$|later)/i, unit: /unit/i },
    needs: [['from'], ['to']],
    output: /^[-−]?\d|\b\d[\d,.]* (?:day|week|month|year|hour|minute|second)/i,
    gives: 'number',
    sentence({ values: { from, to, unit = 'days' } }, { summary }) {
      // Some tools repeat the dates.
      if (summary.includes(String(from)) || summary.includes(String(to))) return `There are ${summary}`
      return `From ${from} to ${to} there are ${/[a-z]/i.test(summary) ? summary : `${summary} ${unit}`}`
    },
  },
  'date-add': {
    reason: 'a date some time before or after another',
    toolWords: /add|shift|plus|offset|after|before/i,
    roles: { date: /date|from|start|day$/i, ...SPANS, amount: /amount|count|number|value/i, unit: /unit/i },
    needs: [['date'], ['days', 'amount']],
    output: /\d{4}-\d{2}-\d{2}/,
    gives: 'date',
    sentence({ values, phrase }, { date, summary }) {
      const named = phrase.replace(/\b(?:that|this|the) (?:date|day)\b|\b(?:it|that)$/i, String(values['date']))
      return `${capitalize(named)} is ${date ?? summary}`
    },
  },
  weekday: {
    reason: 'the weekday of a date',
    toolWords: /weekday|day of (?:the )?week|day_of_week/i,
    roles: { date: /date|day/i },
    output: WEEKDAY_NAME,
    sentence: ({ values }, { summary }) => `${capitalize(String(values['date']))} is a ${WEEKDAY_NAME.exec(summary)?.[0] ?? summary}`,
  },
  'convert-time': {
    reason: 'a time in another zone',
    toolWords: /time|zone/i,
    roles: { from_zone: /^(?:from|source).*|^(?:zone|tz)_?1/i, to_zone: /^(?:to|target|dest).*|^(?:zone|tz)_?2/i, time: /time|when|date/i },
    output: /\d{1,2}:\d{2}/,
    sentence: ({ values }, { summary }) =>
      / is |=/.test(summary) ? summary : `${values['time']} in ${values['from_zone']} is ${summary} in ${values['to_zone']}`,
  },
  'list-files': {
    reason: 'a list of files',
    toolWords: /list|director|folder|\bls\b|\bdir\b/i,
    topic: FOR_FILES,
    roles: { path: /path|folder|dir|root/i },
    output: NO_FILE_ERROR,
    sentence: ({ values: { path } }, { summary }) => `In ${path === '.' ? 'this folder' : path} there are: ${summary.split('\n').join(', ')}`,
  },
  'read-file': {
    reason: 'a file to read',
    toolWords: /read|cat\b|open|content/i,
    topic: FOR_FILES,
    roles: { path: /path|file|name/i },
    output: NO_FILE_ERROR,
    sentence: ({ values }, { summary }) => `${values['path']} says: ${summary}`,
  },
  'search-files': {
    reason: 'a search in files',
    toolWords: /search|grep|find/i,
    topic: FOR_FILES,
    roles: { query: /query|pattern|text|term|needle|search/i, path: /path|folder|dir|root/i },
    output: NO_FILE_ERROR,
    sentence: ({ values }, { summary }) => `A search for ${quote(String(values['query']))} gives: ${summary}`,
  },
}

/** Finders of all kinds of work. Dates come first, as 2026-11-21 is not a subtraction, and sums come last. */
export const finders: readonly FindTasks[] = [findChineseDates, findDates, findTimes, findFileTasks, findChineseSums, findSums]
