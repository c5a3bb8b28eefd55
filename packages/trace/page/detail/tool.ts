import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { eventOf, type Row } from '../../src/viewer/model/row.ts'
import { formatMs } from '../format.ts'
import { Copy, Facts, Section, Text } from '../text.ts'
import { looksLikeJson } from './reply.ts'

const neverRan: Readonly<Record<string, string>> = {
  'invalid-input': 'It never ran: its input is not what the tool takes.',
  'unknown-tool': 'It never ran: the agent has no tool with this name.',
  denied: 'It never ran: a person denied it.',
  skipped: 'It never ran: a rule of the loop forbade it.',
}

/** What a tool was called with, and what the model got. */
export function ToolDetail({ row }: { readonly row: Row }): VNode {
  const end = eventOf(row, 'tool-end')
  const start = eventOf(row, 'tool-start')
  const progress = row.events.filter((event) => event.type === 'tool-progress')
  const input = row.input === undefined ? undefined : typeof row.input === 'string' ? row.input : JSON.stringify(row.input, undefined, 2)
  const never = end === undefined ? undefined : neverRan[end.status]
  return html`<div>
    ${never !== undefined && html`<p class="failure" role="note">${never}</p>`}
    <${Section} title="Input" aside=${input === undefined ? undefined : html`<${Copy} text=${input} />`}>
      ${input === undefined ? html`<p class="nothing">Not recorded.</p>` : html`<${Text} text=${input} isJson=${true} />`}
    </${Section}>
    <${Section} title="Result" aside=${end === undefined ? undefined : html`<${Copy} text=${end.text} />`}>
      ${end === undefined ? html`<p class="nothing">${row.status === 'open' ? 'Still running.' : 'No result was recorded.'}</p>` : html`<${Text} text=${end.text} isJson=${looksLikeJson(end.text)} />`}
    </${Section}>
    ${progress.length > 0 && html`<${Section} title="Progress">${progress.map((event, index) => html`<${Text} key=${index} text=${JSON.stringify(event.data)} isJson=${true} />`)}</${Section}>`}
    <${Facts} facts=${[
      ['Status', end?.status],
      ['Time', end === undefined ? undefined : formatMs(end.ms)],
      ['Changed to fit the schema', end?.coerced?.join(', ')],
      ['Id of the call', end?.toolCallId ?? start?.toolCallId],
      ['Key', end?.key ?? start?.key],
    ]} />
  </div>` as VNode
}
