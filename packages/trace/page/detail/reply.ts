import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { eventOf, type Row } from '../../src/viewer/model/row.ts'
import { type ShownMessage, showMessage } from '../../src/viewer/model/shown-message.ts'
import { stepMoney } from '../../src/viewer/model/totals.ts'
import { formatCount, formatMoney, formatMs, formatPercent } from '../format.ts'
import { Copy, Facts, Section, Text } from '../text.ts'
import { Failure } from './failure.ts'

/** What the model answered to one request; with what its step used. */
export function Reply({ row, step }: { readonly row: Row; readonly step?: Row | undefined }): VNode {
  const end = eventOf(row, 'message-end')
  const failure = eventOf(row, 'step-retry')
  const message = end === undefined ? partialOf(row) : showMessage(end.message as never)
  const isVoid = end === undefined && message.parts.length > 0
  return html`<div>
    ${failure !== undefined && html`<${Failure} error=${failure.error} />`}
    ${failure === undefined && row.exchange?.error !== undefined && html`<${Failure} error=${row.exchange.error} />`}
    ${isVoid && html`<p class="hint">${failure === undefined ? 'What came before the end of the record:' : 'What had come before it failed. It is void: the step began again.'}</p>`}
    <${Parts} message=${message} />
    ${message.parts.length === 0 && end !== undefined && html`<p class="nothing">The reply is empty.</p>`}
    <${Usage} row=${row} step=${step} />
  </div>` as VNode
}

/** The parts of a message, each for itself. */
export function Parts({ message }: { readonly message: ShownMessage }): VNode {
  return html`<div class="parts">
    ${message.parts.map((part, index) => {
      if (part.kind === 'reasoning')
        return html`<details key=${index} class="reasoning" open=${part.text.length < 2_000}><summary>Reasoning <small>${formatCount(part.text.length)} characters</small></summary><${Text} text=${part.text} /></details>`
      if (part.kind === 'call')
        return html`<div key=${index} class="call"><h4><span class="tag">call</span> <b>${part.name}</b> <${Copy} text=${part.text} /></h4><${Text} text=${part.text} isJson=${true} /></div>`
      if (part.kind === 'result') return html`<div key=${index} class="result"><${Text} text=${part.text} isJson=${looksLikeJson(part.text)} /></div>`
      return html`<${Text} key=${index} text=${part.text} isJson=${part.kind === 'json'} />`
    })}
  </div>` as VNode
}

export function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}

/** What deltas had brought of a reply that has no end. */
function partialOf(row: Row): ShownMessage {
  const joined = (type: 'reasoning-delta' | 'text-delta'): string => row.events.map((event) => (event.type === type ? event.delta : '')).join('')
  const calls = new Map<number, { name: string; text: string }>()
  for (const event of row.events) {
    if (event.type !== 'tool-call-delta') continue
    const { name = '', text = '' } = calls.get(event.index) ?? {}
    calls.set(event.index, { name: name || (event.toolName ?? ''), text: text + event.delta })
  }
  const texts = [{ kind: 'reasoning', text: joined('reasoning-delta') } as const, { kind: 'text', text: joined('text-delta') } as const]
  return { role: 'assistant', parts: [...texts.filter(({ text }) => text !== ''), ...[...calls.values()].map((call) => ({ kind: 'call', ...call }) as const)] }
}

function Usage({ row, step }: { readonly row: Row; readonly step: Row | undefined }): VNode | undefined {
  const end = eventOf(row, 'message-end')
  if (end === undefined) return undefined
  const { inputTokens: input, cachedInputTokens: cached, outputTokens: output, reasoningTokens: reasoning } = end.usage
  const money = step === undefined ? undefined : stepMoney(step)
  const part = input === undefined || cached === undefined ? undefined : cached / Math.max(1, input)
  return html`<${Section} title="Usage">
    ${part !== undefined && html`<div class="cache wide" aria-hidden="true"><span style=${{ width: `${part * 100}%` }}></span></div>`}
    <${Facts} facts=${[
      ['Input tokens', formatCount(input)],
      ['From the cache', cached === undefined ? 'not reported' : `${formatCount(cached)} (${formatPercent(cached, input ?? 0)})`],
      ['Output tokens', formatCount(output)],
      ['Of these reasoning', reasoning === undefined ? undefined : formatCount(reasoning)],
      ['Cost of the step', money === undefined ? undefined : `${money.isBound ? '≥ ' : ''}${formatMoney(money.micros, money.currency)}`],
      ['Finish reason', end.finishReason],
      ['Time', formatMs(end.ms)],
      ['Speed', speed(output, row)],
    ]} />
  </${Section}>` as VNode
}

/** Tokens a second from the first content on. */
function speed(output: number | undefined, { exchange }: Row): string | undefined {
  if (output === undefined || exchange?.firstAt === undefined) return undefined
  const ms = exchange.endAt - exchange.firstAt
  return ms < 1 ? undefined : `${Math.round((output * 1_000) / ms)} tokens/s`
}
