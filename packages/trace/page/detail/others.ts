import type { Json } from '@capstan/core'
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { eventOf, type Row } from '../../src/viewer/model/row.ts'
import { formatCount, formatMs, formatTime } from '../format.ts'
import { Facts, Section, Text } from '../text.ts'
import { Failure } from './failure.ts'

/** A time in which the run waited by itself. */
export function WaitDetail({ row }: { readonly row: Row }): VNode {
  if (row.name === 'no process')
    return html`<p class="hint">No process worked on the run in this time: it was stopped, it crashed, or an engine suspended it while it waited, such as for a person. It was resumed later.</p>` as VNode
  const siblings = row.parent?.children ?? []
  const failed = siblings[siblings.indexOf(row) - 1]
  const retry = failed === undefined ? undefined : eventOf(failed, 'step-retry')
  return html`<div>
    <p class="hint">The request before it failed, and the run waited ${retry === undefined ? '' : formatMs(retry.delayMs)} before it sent the next one.</p>
    ${retry !== undefined && html`<${Failure} error=${retry.error} />`}
  </div>` as VNode
}

/** Questions to a person. The page shows them, and answers nothing. */
export function PersonDetail({ row }: { readonly row: Row }): VNode {
  const { question, pending } = row
  const asked = question === undefined ? pending.map(({ about, askedAt }) => ({ about, askedAt })) : [question]
  return html`<div>
    ${
      row.status === 'waiting' &&
      html`<p class="hint">This page only shows what was asked. To answer, use <code>capstan runs show</code> with the id of the run, or the program that asks.</p>`
    }
    ${asked.map(({ about, askedAt }, index) => html`<${Section} key=${index} title="Question" aside=${formatTime(askedAt)}><${About} about=${about} /></${Section}>`)}
    ${question?.answer !== undefined && html`<${Section} title="Answer" aside=${formatTime(question.answeredAt)}><${Text} text=${JSON.stringify(question.answer, undefined, 2)} isJson=${true} /></${Section}>`}
  </div>` as VNode
}

function About({ about }: { readonly about: Json }): VNode {
  return html`<${Text} text=${JSON.stringify(about, undefined, 2)} isJson=${true} />` as VNode
}

const editReasons: Readonly<Record<string, string>> = {
  rule: 'It pays: reading the old results again had cost about as much as reading the rest once without the cache.',
  cold: "The provider's cache had expired, so nothing was lost by it.",
  window: 'The next request would have been too large for the model.',
  overflow: 'The endpoint refused the request as too large.',
  asked: 'The program asked for it.',
  size: 'The history had reached the size from which it is summarised.',
}

/** How the history was shortened. */
export function EditDetail({ row }: { readonly row: Row }): VNode {
  const edit = eventOf(row, 'history-edit')?.edit
  if (edit === undefined) return html`<p class="nothing">Not recorded.</p>` as VNode
  return html`<div>
    <p class="hint">${editReasons[edit.reason] ?? edit.reason} The request of step ${edit.step} is the first with the change.</p>
    <${Facts} facts=${[
      ['Tokens before', formatCount(edit.tokensBefore)],
      ['Tokens after', formatCount(edit.tokensAfter)],
      ['Read again', `${formatCount(edit.rereadTokens)} tokens that the cache does not have`],
      ['Steps summarised', edit.kind === 'summary' ? `up to step ${edit.upToStep}` : undefined],
      ['Written by', edit.kind === 'summary' ? (edit.source === 'model' ? 'the model' : 'the loop: a list of the calls') : undefined],
    ]} />
    ${edit.kind === 'clear' && html`<${Section} title=${`Results cleared (${edit.results.length})`}><${Text} text=${edit.results.join('\n')} isCode=${true} /></${Section}>`}
  </div>` as VNode
}

/** A warning, a repair, or an event that this page does not know. */
export function NoteDetail({ row }: { readonly row: Row }): VNode {
  const message = eventOf(row, 'warning')?.warning.message ?? eventOf(row, 'repaired')?.message
  return html`<div>${message === undefined ? row.events.map((event) => html`<${Text} text=${JSON.stringify(event)} isJson=${true} />`) : html`<${Text} text=${message} />`}</div>` as VNode
}
