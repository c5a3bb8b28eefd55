import { asObject, type Json, parseJson } from '../json.ts'
import type { ReplyToolCall } from '../replies/reply.ts'
import type { MarkupGrammar } from './fault.ts'

type Grammar = (calls: readonly ReplyToolCall[]) => string

const grammars: { readonly [Name in MarkupGrammar]: Grammar } = {
  kimi: (calls) => `<|tool_calls_section_begin|>${calls.map(kimiCall).join('')}<|tool_calls_section_end|>`,
  'deepseek-v3': (calls) => `<｜tool▁calls▁begin｜>${calls.map(deepseekV3Call).join('\n')}<｜tool▁calls▁end｜>`,
  'deepseek-v3.1': (calls) => `<｜tool▁calls▁begin｜>${calls.map(deepseekV31Call).join('')}<｜tool▁calls▁end｜>`,
  'deepseek-v3.2': (calls) => dsml(calls, { space: '', wrapper: 'function_calls' }),
  'deepseek-v4': (calls) => dsml(calls, { space: '', wrapper: 'tool_calls' }),
  'deepseek-v4.1': (calls) => dsml(calls, { space: ' ', wrapper: 'calls' }),
  'tool-call-tags': (calls) => calls.map(taggedCall).join('\n'),
  'quoted-tool-call-tags': (calls) => `I would write this:\n\n\`\`\`xml\n${calls.map(taggedCall).join('\n')}\n\`\`\`\n\nThat calls the tool.`,
  'half-tool-call-tags': (calls) => calls.map(halfCall).join('\n'),
}

/** Names of the grammars. */
export const markupGrammars: readonly string[] = Object.keys(grammars)

/**
 * Writes tool calls in a model's own markup, as clients see it when a server does not parse it.
 *
 * @see https://github.com/MoonshotAI/K2-Vendor-Verifier Kimi's markup
 * @see https://github.com/sgl-project/sglang/tree/main/python/sglang/srt/function_call DeepSeek's markups
 */
export function leakedMarkup(calls: readonly ReplyToolCall[], grammar: MarkupGrammar): string {
  return grammars[grammar](calls)
}

function kimiCall(call: ReplyToolCall, index: number): string {
  return `<|tool_call_begin|>functions.${call.name}:${index}<|tool_call_argument_begin|>${call.arguments}<|tool_call_end|>`
}

function deepseekV3Call(call: ReplyToolCall): string {
  return `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${call.name}\n\`\`\`json\n${call.arguments}\n\`\`\`<｜tool▁call▁end｜>`
}

function deepseekV31Call(call: ReplyToolCall): string {
  return `<｜tool▁call▁begin｜>${call.name}<｜tool▁sep｜>${call.arguments}<｜tool▁call▁end｜>`
}

/** JSON between tags, as clients ask models for it that take no tools. */
export function taggedCall(call: ReplyToolCall): string {
  return `<tool_call>\n{"name": ${JSON.stringify(call.name)}, "arguments": ${call.arguments}}\n</tool_call>`
}

/** What models make of it: other names, a code fence inside, no end. */
function halfCall(call: ReplyToolCall): string {
  return `<tool_call>\n\`\`\`json\n{"tool": ${JSON.stringify(call.name)}, "parameters": ${call.arguments}}\n\`\`\``
}

interface DsmlForm {
  readonly space: string
  readonly wrapper: string
}

function dsml(calls: readonly ReplyToolCall[], { space, wrapper }: DsmlForm): string {
  const open = (tag: string): string => `<｜DSML｜${space}${tag}>`
  const end = (tag: string): string => `</｜DSML｜${space}${tag}>`
  const parameter = ([name, value]: [string, Json | undefined]): string =>
    `${open(`parameter name="${name}" string="${typeof value === 'string'}"`)}${typeof value === 'string' ? value : JSON.stringify(value)}${end('parameter')}\n`
  const invoke = (call: ReplyToolCall): string =>
    `${open(`invoke name="${call.name}"`)}\n${Object.entries(asObject(parseJson(call.arguments)))
      .map(parameter)
      .join('')}${end('invoke')}\n`
  return `${open(wrapper)}\n${calls.map(invoke).join('')}${end(wrapper)}`
}
