import type { OfflineTool } from './conversation.ts'

const ASKS_WHO =
  /\b(?:who|what) (?:are|r) you\b|\byour name\b|introduce yourself|about yourself|are you (?:an? )?(?:real|language|human|bot|ai|llm|model|person)|(?:which|what) (?:language )?model\b|你是谁|你是什么|介绍.{0,6}自己/i

/** Whether a text asks what answers here. */
export function asksWhoItIs(text: string): boolean {
  return ASKS_WHO.test(text)
}

/** Says what the stand-in is and what it can do with the tools at hand. */
export function describeItself(tools: readonly OfflineTool[], task: string): string {
  const names = tools.map(({ name }) => name)
  const offer =
    names.length === 0
      ? 'This request offers no tools, so there is nothing that I could call.'
      : `With the tools of this request (${names.join(', ')}) I can do what their parameters say.`
  const chinese = /\p{Script=Han}/u.test(task) ? ' 我是按规则工作的离线替身，不是语言模型。' : ''
  return `I am a rule-based stand-in for a language model, not a language model. I pick tools by numbers, percentages, dates, times, paths, quoted text, names and cities in your words, and word an answer from their results. ${offer}${chinese}`
}

/** Says that nothing in the words fits a tool. */
export function admitNoFit(tools: readonly OfflineTool[], task: string): string {
  return `I found nothing in your words that fits a tool. ${describeItself(tools, task)}`
}
