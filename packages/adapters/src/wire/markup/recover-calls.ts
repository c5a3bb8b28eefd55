import { AgentError, type ModelEvent, type ToolCallPart, type ToolDefinition } from '@capstan/core'
import { markers } from './markers.ts'
import { hasCallHead, type MarkupCall, parseMarkup } from './parse-markup.ts'
import { TextFilter } from './text-filter.ts'

/** What decides about the markup that was found. */
export interface MarkupRules {
  readonly model: string
  readonly tools: readonly ToolDefinition[]
  /** True where the profile recovers calls. */
  readonly recovers: boolean
  /** True when the message has structured calls too: then the markup adds nothing. */
  readonly hasCalls: boolean
  /** True when the output limit ended the reply. */
  readonly isCut: boolean
}

/** What was made of the markup. */
export interface Recovered {
  readonly calls: readonly ToolCallPart[]
  /** Text around the markup. */
  readonly text: string
  readonly events: readonly ModelEvent[]
}

/**
 * Reads what was held back from the first marker on.
 *
 * @throws {AgentError} `leaked-markup` for calls that are not recovered here, are not whole, or name a tool that was not offered.
 */
export function recoverCalls(markup: string, rules: MarkupRules): Recovered {
  const calls: MarkupCall[] = []
  let text = ''
  let left = markup
  while (left !== '') {
    const parsed = parseMarkup(left, rules.tools)
    if (parsed === undefined && hasCallHead(left) && !rules.hasCalls) throw leaked(rules, 'a call that cannot be read')
    if (parsed !== undefined) calls.push(...parsed.calls)
    // Further markup may follow what was read.
    const filter = new TextFilter()
    text += filter.push(parsed?.rest ?? left.replace(markers, ''))
    const end = filter.end()
    text += end.text
    left = end.markup.length < left.length ? end.markup : ''
  }
  if (calls.length === 0 || rules.hasCalls)
    return { calls: [], text, events: [repaired(rules, 'markup-removed', 'stray markup of tool calls was taken out of its text')] }
  return { calls: check(calls, rules), text, events: [repaired(rules, 'calls-recovered', callsText(calls))] }
}

function check(calls: readonly MarkupCall[], rules: MarkupRules): readonly ToolCallPart[] {
  const names = new Set(rules.tools.map(({ name }) => name))
  const unknown = calls.find(({ name }) => !names.has(name))
  if (!rules.recovers) throw leaked(rules, `${calls.length === 1 ? 'a call' : `${calls.length} calls`}`)
  if (unknown !== undefined) throw leaked(rules, `a call of '${unknown.name.slice(0, 80)}', which was not offered,`)
  if (!rules.isCut && calls.some(({ isWhole }) => !isWhole)) throw leaked(rules, 'a call that is not whole')
  return calls.map(({ id, name, inputText }, position) => ({
    type: 'tool-call',
    toolCallId: id === '' ? `call_${position}` : id.startsWith('functions.') || !/:\d+$/.test(id) ? id : `functions.${id}`,
    toolName: name,
    inputText: inputText === '' ? '{}' : inputText,
  }))
}

function callsText(calls: readonly MarkupCall[]): string {
  return `${calls.length === 1 ? 'a tool call' : `${calls.length} tool calls`} that came as markup in its text ${calls.length === 1 ? 'was' : 'were'} read (${calls.map(({ name }) => name).join(', ')})`
}

function repaired({ model }: MarkupRules, what: string, words: string): ModelEvent {
  return { type: 'repaired', what, message: `${model}: ${words}.` }
}

function leaked({ model }: MarkupRules, what: string): AgentError {
  return new AgentError(`${model} wrote ${what} as its own markup into its text instead of calling a tool. It is asked again once.`, {
    code: 'leaked-markup',
    phase: 'finish',
    retryable: true,
    retryAfterMs: 0,
  })
}
