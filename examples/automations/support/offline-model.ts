import { deepseek } from 'capstan'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from 'capstan/testing'
import type { ChosenModel } from '../choose-model.ts'

const note =
  'No key was found, so this runs offline: a local simulator answers, whose rules read the made-up invoices. It is not a language model, and costs nothing: amounts are what deepseek-flash would cost.'

/** A model for which no key is needed: a local provider that answers over HTTP by rules. */
export async function offlineModel(): Promise<ChosenModel> {
  const simulator = await startSimulator({ endpoint: 'deepseek', respond: (request) => ({ delayMs: 100, ...replyTo(request) }) })
  return { model: deepseek('deepseek-flash', { baseURL: simulator.baseURL, apiKey: 'none' }), note, close: () => simulator.close() }
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

/** Reads the made-up invoices, and asks about two different totals. */
export function replyTo({ body }: SimulatedRequest): ScriptedReply {
  const { messages } = body as unknown as Body
  const text = messages.find(({ role }) => role === 'user')?.content ?? ''
  const clerk = messages.find(({ role }) => role === 'tool')?.content
  const totals = [...text.matchAll(/^Total to pay: (\w+) ([\d,.]+)/gm)]
  const number = /^INVOICE No\. (\S+)/m.exec(text)?.[1]
  if (number === undefined) return answer({ kind: 'other', number: null, customer: null, date: null, currency: null, total: null })
  if (totals.length > 1 && clerk === undefined)
    return call('ask_clerk', { question: `${number} has the totals ${totals.map(([, , total]) => total).join(' and ')}. Which one is right?` })
  const [, currency = '', printed = ''] = totals[0] ?? []
  const total = Number((clerk === undefined ? printed : (/\d[\d,.]*/.exec(clerk)?.[0] ?? '')).replaceAll(',', ''))
  return answer({ kind: 'invoice', number, customer: find(/^Customer: (.*)$/m, text), date: find(/^Date: (.*)$/m, text), currency, total })
}

function find(pattern: RegExp, text: string): string | null {
  return pattern.exec(text)?.[1] ?? null
}

function call(name: string, input: ScriptedCallInput): ScriptedReply {
  return { reasoning: 'The document has to be read.', toolCalls: [{ name, input }] }
}

type ScriptedCallInput = Readonly<Record<string, string | number | null>>

const answer = (invoice: ScriptedCallInput): ScriptedReply => call('final_answer', invoice)
