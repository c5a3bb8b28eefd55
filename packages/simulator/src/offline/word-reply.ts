import { isObject } from '../json.ts'
import { chineseOther, chinesePlanned, describeInChinese, nothingFits } from './chinese/chinese-sentences.ts'
import type { PlannedCall } from './plan.ts'
import { type CallResult, callKey, type OfflineRequest } from './read-request.ts'
import { taskKinds } from './task-kinds.ts'
import { summarize } from './tool-output.ts'
import { endSentence, quote } from './words.ts'

const ASKS_WHO =
  /\b(?:who|what) (?:are|r) you\b|\byour name\b|introduce yourself|about yourself|are you (?:an? )?(?:real|language|human|bot|ai|llm|model|person)|(?:which|what) (?:language )?model\b|你是谁|你是什么|介绍.{0,6}自己/i

/** The text of a reply: the results of a plan in sentences, with what failed and what was not called; else what replies here. */
export function wordReply(request: OfflineRequest, plan: readonly PlannedCall[]): string {
  if (ASKS_WHO.test(request.asked)) return describeItself(request)
  const planned = new Set(plan.flatMap(({ tool, input }) => (input === undefined ? [] : [callKey({ name: tool.name, input })])))
  const others = request.newResults.filter((result) => !planned.has(callKey(result)))
  if (request.inChinese) return [...plan.map(chinesePlanned), ...others.map(chineseOther)].join('') || `${nothingFits}${describeInChinese(request)}`
  const sentences = [...plan.map(plannedSentence), ...others.map(otherSentence)]
  return sentences.join(' ') || `I found nothing in your words that fits a tool. ${describeItself(request)}`
}

function describeItself(request: OfflineRequest): string {
  const { tools, inChinese } = request
  if (inChinese) return describeInChinese(request)
  const offer =
    tools.length === 0
      ? 'This request offers no tools, so there is nothing that I could call.'
      : `With the tools of this request (${tools.map(({ name }) => name).join(', ')}) I can do what their parameters say.`
  return `I am a rule-based stand-in for a language model, not a language model. I pick tools by numbers, percentages, dates, times, paths, quoted text, names and cities in your words, and word an answer from their results. ${offer}`
}

function plannedSentence({ kind, tool, input, values, phrase, result }: PlannedCall): string {
  if (result === undefined) {
    return input === undefined
      ? `I could not work out ${quote(phrase)}: there is no earlier result that it could mean.`
      : `I did not call ${tool.name} for ${quote(phrase)}, because no more calls are allowed.`
  }
  const { isError, summary } = result.output
  if (isError) return `The tool ${tool.name} could not do its part (${quote(phrase)}): ${endSentence(summary)}`
  if (kind !== undefined) return endSentence(taskKinds[kind].sentence({ values, phrase }, result.output))
  const fields = Object.entries(isObject(input) ? input : {}).map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return endSentence(`${tool.name}${fields.length === 0 ? '' : ` (${fields.join(', ')})`} says: ${summary}`)
}

function otherSentence({ name, input, output }: CallResult): string {
  return endSentence(`${name === '' ? 'A tool' : name} (${summarize(input)}) ${output.isError ? 'failed' : 'says'}: ${output.summary}`)
}
