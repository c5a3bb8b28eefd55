import { AgentError, type ModelEvent, type ToolCallPart, type ToolDefinition } from '@capstan/core'
import type { ByteLimits } from '../../profiles/profile.ts'
import { tooLarge } from '../assemble-tool-calls.ts'
import { beginsResult, markers } from './markers.ts'
import { hasCallHead, type MarkupCall, type ParsedMarkup, parseMarkup } from './parse-markup.ts'
import { readCallText } from './read-call-text.ts'
import { TextFilter } from './text-filter.ts'

/** What decides how markup is treated. */
export interface MarkupRules {
  readonly model: string
  readonly tools: readonly ToolDefinition[]
  /** True where the profile recovers calls. */
  readonly recovers: boolean
  /** True where the model was told the text form of tools. */
  readonly hasTextForm: boolean
  readonly limits: ByteLimits
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
  const { calls, text, isForged } = readMarkup(markup, rules)
  if (calls.length === 0 && rules.hasTextForm) return { calls: [], text, events: [] }
  if (calls.length === 0 || rules.hasCalls)
    return { calls: [], text, events: [repaired(rules, 'markup-removed', 'stray markup of tool calls was removed from its text')] }
  return { calls: check(calls, rules), text, events: eventsOf(calls, rules, isForged) }
}

interface ReadMarkup {
  readonly calls: readonly MarkupCall[]
  readonly text: string
  /** True when the model made up results after its calls: nothing that follows them was written with the true ones in view. */
  readonly isForged: boolean
}

function readMarkup(markup: string, rules: MarkupRules): ReadMarkup {
  const calls: MarkupCall[] = []
  let text = ''
  let rest = markup
  while (rest !== '') {
    if (rules.hasTextForm && beginsResult(rest)) return { calls, text: calls.length > 0 ? text : text + rest, isForged: calls.length > 0 }
    const parsed = readCalls(rest, rules)
    if (parsed !== undefined) calls.push(...parsed.calls)
    // Here, and not at the end: it bounds the work on a text of broken calls.
    checkSizes(calls, rules)
    // Further markup may follow what was read.
    const filter = new TextFilter(rules.hasTextForm)
    text += filter.push(parsed?.rest ?? rest.replace(markers, ''))
    const end = filter.end()
    text += end.text
    rest = end.markup.length < rest.length ? end.markup : ''
  }
  return { calls, text, isForged: false }
}

function readCalls(rest: string, rules: MarkupRules): ParsedMarkup | undefined {
  const parsed = (rules.hasTextForm ? readCallText(rest) : undefined) ?? parseMarkup(rest, rules.tools)
  if (parsed === undefined && hasCallHead(rest) && !rules.hasCalls) throw leaked(rules, 'a call that cannot be read')
  return parsed
}

function eventsOf(calls: readonly MarkupCall[], rules: MarkupRules, isForged: boolean): readonly ModelEvent[] {
  const leaked = calls.filter(({ isText }) => isText !== true)
  return [
    ...(leaked.length === 0 ? [] : [repaired(rules, 'calls-recovered', callsText(leaked))]),
    ...(isForged ? [repaired(rules, 'results-removed', 'results that it wrote itself after its calls were removed, with all that followed them')] : []),
  ]
}

function check(calls: readonly MarkupCall[], rules: MarkupRules): readonly ToolCallPart[] {
  // A wrong call in the text form is told to the model, as a wrong call of any model is.
  checkLeaked(
    calls.filter(({ isText }) => isText !== true),
    rules,
  )
  return calls.map(({ id, name, inputText }, position) => ({
    type: 'tool-call',
    toolCallId: id === '' ? `call_${position}` : id.startsWith('functions.') || !/:\d+$/.test(id) ? id : `functions.${id}`,
    toolName: name,
    inputText: inputText === '' ? '{}' : inputText,
  }))
}

function checkLeaked(calls: readonly MarkupCall[], rules: MarkupRules): void {
  if (calls.length === 0) return
  const names = new Set(rules.tools.map(({ name }) => name))
  const unknown = calls.find(({ name }) => !names.has(name))
  if (!rules.recovers && !rules.hasTextForm) throw leaked(rules, `${calls.length === 1 ? 'a call' : `${calls.length} calls`}`)
  if (unknown !== undefined) throw leaked(rules, `a call of '${unknown.name.slice(0, 80)}', which was not offered,`)
  if (!rules.isCut && calls.some(({ isComplete }) => !isComplete)) throw leaked(rules, 'an incomplete call')
}

function checkSizes(calls: readonly MarkupCall[], { limits }: MarkupRules): void {
  if (calls.length > limits.toolCalls) throw tooLarge(`The reply has more than ${limits.toolCalls} tool calls.`)
  if (calls.some(({ inputText }) => Buffer.byteLength(inputText) > limits.toolInputBytes))
    throw tooLarge(`The arguments of a tool call are longer than ${limits.toolInputBytes} bytes.`)
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
