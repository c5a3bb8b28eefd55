import { type CallResult, type Conversation, callKey } from './conversation.ts'
import { type Intent, inputFields } from './plan.ts'
import { summarize } from './tool-output.ts'

const WEEKDAY_NAME = /\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/i

/** Words an answer from the results of a plan, what failed and what was not done included. */
export function wordAnswer(conversation: Conversation, plan: readonly Intent[]): string {
  const planned = new Set(plan.flatMap(({ tool, input }) => (input === undefined ? [] : [callKey(tool.name, input)])))
  const others = conversation.newResults.filter(({ name, input }) => !planned.has(callKey(name, input)))
  const sentences = [...plan.map(intentSentence), ...others.map(otherSentence)]
  return sentences.filter((sentence) => sentence !== '').join(' ')
}

function intentSentence(intent: Intent): string {
  const { result, tool } = intent
  if (result === undefined) return openSentence(intent)
  if (result.output.isError) return `The tool ${tool.name} could not do its part (${quote(intent.phrase)}): ${endSentence(result.output.summary)}`
  return resultSentence(intent, result)
}

function openSentence({ isBlocked, phrase, tool, input }: Intent): string {
  if (isBlocked || input === undefined) return `I could not work out ${quote(phrase)}: there is no earlier result that it could mean.`
  return `I did not call ${tool.name} for ${quote(phrase)}, because no more calls are allowed.`
}

function resultSentence(intent: Intent, { output }: CallResult): string {
  const { values, phrase, kind, tool } = intent
  const said = output.summary
  switch (kind) {
    case 'calculate':
      return endSentence(`${/\b(?:it|that|this|result)\b/i.test(phrase) ? values['expression'] : capitalize(phrase)} is ${said}`)
    case 'date-difference':
      return differenceSentence(intent, said)
    case 'date-add':
      return endSentence(
        `${capitalize(phrase.replace(/\b(?:that|this|the) (?:date|day)\b|\b(?:it|that)$/i, String(values['date'])))} is ${output.date ?? said}`,
      )
    case 'weekday':
      return endSentence(`${capitalize(String(values['date']))} is a ${WEEKDAY_NAME.exec(said)?.[0] ?? said}`)
    case 'convert-time':
      return endSentence(/ is |=/.test(said) ? said : `${values['time']} in ${values['from_zone']} is ${said} in ${values['to_zone']}`)
    case 'list-files':
      return endSentence(`In ${values['path'] === '.' ? 'this folder' : values['path']} there are: ${said.split('\n').join(', ')}`)
    case 'read-file':
      return endSentence(`${values['path']} says: ${said}`)
    case 'search-files':
      return endSentence(`A search for ${quote(String(values['query']))} gives: ${said}`)
    case 'tool':
      return endSentence(`${tool.name}${fieldsInWords(intent)} says: ${said}`)
  }
}

function differenceSentence({ values }: Intent, said: string): string {
  // Some tools repeat the dates.
  if (said.includes(String(values['from'])) || said.includes(String(values['to']))) return endSentence(`There are ${said}`)
  return endSentence(`From ${values['from']} to ${values['to']} there are ${/[a-z]/i.test(said) ? said : `${said} ${values['unit'] ?? 'days'}`}`)
}

function otherSentence({ name, input, output }: CallResult): string {
  const subject = name === '' ? 'A tool' : name
  const said = output.isError ? 'failed' : 'says'
  return endSentence(`${subject} (${summarize(input)}) ${said}: ${output.summary}`)
}

function fieldsInWords(intent: Intent): string {
  const fields = Object.entries(inputFields(intent)).map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return fields.length === 0 ? '' : ` (${fields.join(', ')})`
}

function quote(text: string): string {
  return `“${text.replace(/[.?!,\s]+$/, '')}”`
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function endSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
