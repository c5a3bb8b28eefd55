import { AgentError, type ModelEvent, type ToolCallPart, type ToolDefinition } from '@capstan/core'
import { markers } from './markers.ts'
import { hasCallHead, type MarkupCall, parseMarkup } from './parse-markup.ts'
import { TextFilter } from './text-filter.ts'

/** What decides how markup is treated. */
export interface MarkupRules {
  readonly model: string
  readonly tools: readonly ToolDefinition[]
  /** True where the profile recovers calls. */
  readonly recovers: boolean
  /** True when the message also has structured calls: then the markup is removed. */
  readonly hasCalls: boolean
  /** True when the output limit ended the reply. */
  readonly isCut: boolean
}

/** The result of reading markup. */
export interface Recovered {
  readonly calls: readonly ToolCallPart[]
  /** Text around the markup. */
  readonly text: string
  readonly events: readonly ModelEvent[]
}

/**
 * Reads the text that was held back from the first marker on.
 *
 * @throws {AgentError} `leaked-markup` for calls that the profile does not recover, that are incomplete, or that name a tool that was not offered.
 */
export function recoverCalls(markup: string, rules: MarkupRules): Recovered {
  const calls: MarkupCall[] = []
  let text = ''
  let rest = markup
  while (rest !== '') {
    const parsed = parseMarkup(rest, rules.tools)
    if (parsed === undefined && hasCallHead(rest) && !rules.hasCalls) throw leaked(rules, 'a call that cannot be read')
    if (parsed !== undefined) calls.push(...parsed.calls)
    // Further markup may follow what was read.
    const filter = new TextFilter()
    text += filter.push(parsed?.rest ?? rest.replace(markers, ''))
    const end = filter.end()
    text += end.text
    rest = end.markup.length < rest.length ? end.markup : ''
  }
  if (calls.length === 0 || rules.hasCalls)
    return { calls: [], text, events: [repaired(rules, 'markup-removed', 'stray markup of tool calls was removed from its text')] }
  return { calls: check(calls, rules), text, events: [repaired(rules, 'calls-recovered', callsText(calls))] }
}

function check(calls: readonly MarkupCall[], rules: MarkupRules): readonly ToolCallPart[] {
  const names = new Set(rules.tools.map(({ name }) => name))
  const unknown = calls.find(({ name }) => !names.has(name))
  if (!rules.recovers) throw leaked(rules, `${calls.length === 1 ? 'a call' : `${calls.length} calls`}`)
  if (unknown !== undefined) throw leaked(rules, `a call of '${unknown.name.slice(0, 80)}', which was not offered,`)
  if (!rules.isCut && calls.some(({ isComplete }) => !isComplete)) throw leaked(rules, 'an incomplete call')
  return calls.map(({ id, name, inputText }, position) => ({
    type: 'tool-call',
    toolCallId: id === '' ? `call_${position}` : id.startsWith('functions.') || !/:\d+$/.test(id) ? id : `functions.${id}`,
    toolName: name,
    inputText: inputText === '' ? '{}' : inputText,
  }))
}

function callsText(calls: readonly MarkupCall[]): string {
  return `${calls.length === 1 ? 'a tool call' : `${calls.length} tool calls`} that came as markup in its text ${calls.length === 1 ? 'was' : 'were'} recovered (${calls.map(({ name }) => name).join(', ')})`
}

function repaired({ model }: MarkupRules, what: string, description: string): ModelEvent {
  return { type: 'repaired', what, message: `${model}: ${description}.` }
}

function leaked({ model }: MarkupRules, what: string): AgentError {
  return new AgentError(`${model} wrote ${what} as its own markup into its text instead of calling a tool. The request is sent again once.`, {
    code: 'leaked-markup',
    phase: 'finish',
    retryable: true,
    retryAfterMs: 0,
  })
}
