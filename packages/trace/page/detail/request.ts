import type { Json } from '@capstan/core'
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { ExchangeLine } from '../../src/viewer/lines.ts'
import { breakOf, type Row } from '../../src/viewer/model/row.ts'
import { messagesBefore, messagesOf, type ShownMessage, settingOf, showMessage } from '../../src/viewer/model/shown-message.ts'
import { compareTexts } from '../../src/viewer/model/shown-text.ts'
import { plural } from '../format.ts'
import { store } from '../store.ts'
import { Copy, Section, Text } from '../text.ts'
import { Parts } from './reply.ts'

/** What the model saw: the messages of a request, and how they differ from those of the request before it. */
export function RequestDetail({ row }: { readonly row: Row }): VNode {
  const { exchange } = row
  if (exchange?.request !== undefined) return html`<${SentRequest} exchange=${exchange} />` as VNode
  const messages = messagesBefore(row.scope, row.step)
  const why = store.model.source === 'journal' ? 'A journal keeps no requests.' : 'The request itself was not recorded.'
  return html`<div>
    <p class="hint">${why} These messages are put together from what the run recorded before this step.</p>
    ${messages.length === 0 && html`<p class="nothing">Nothing was recorded before this step.</p>`}
    ${messages.map((message, index) => html`<${MessageBox} key=${index} message=${message} number=${index} />`)}
  </div>` as VNode
}

function SentRequest({ exchange }: { readonly exchange: ExchangeLine }): VNode {
  const { exchanges } = store.model
  const messages = messagesOf(exchanges, exchange)
  const { kept = 0, of = 0, before } = exchange.request ?? {}
  const previous = before === undefined ? undefined : exchanges[before]
  const old = previous === undefined ? [] : messagesOf(exchanges, previous)
  const broke = breakOf(exchange)
  return html`<div>
    <p class="hint">${differenceWords(exchange, messages.length)}</p>
    ${broke?.at === 'tools' && html`<${Break} words="The tools changed. The provider's cache ends before the messages." />`}
    <${Kept} messages=${messages.slice(0, kept)} isAll=${kept === messages.length} />
    ${broke?.at === 'messages' && html`<${Break} words=${`The prefix broke here: message ${kept + 1} of the ${of} that were sent before changed. The provider's cache ends above it.`} />`}
    ${messages.slice(kept).map((message, index) => html`<${NewMessage} key=${kept + index} message=${message} old=${old[kept + index]} number=${kept + index} isFirst=${before === undefined} />`)}
    ${old.length > messages.length && html`<p class="hint">${plural(old.length - messages.length, 'message')} of the request before ${old.length - messages.length === 1 ? 'is' : 'are'} not in this one.</p>`}
    <${Settings} exchange=${exchange} />
  </div>` as VNode
}

function differenceWords({ request }: ExchangeLine, count: number): string {
  if (request?.before === undefined) return `The first request: ${plural(count, 'message')}.`
  const { kept, of, added } = request
  if (kept < of) return `${plural(kept, 'message')} as in the request before, ${plural(added.length, 'message')} changed or new.`
  return added.length === 0
    ? `The same ${plural(count, 'message')} as in the request before.`
    : `${plural(kept, 'message')} as in the request before, ${added.length} new.`
}

function Break({ words }: { readonly words: string }): VNode {
  return html`<div class="break" role="note">${words}</div>` as VNode
}

/** Messages that the request before had, too: closed at first. */
function Kept({ messages, isAll }: { readonly messages: readonly Json[]; readonly isAll: boolean }): VNode | undefined {
  const [isOpen, setOpen] = useState(isAll)
  if (messages.length === 0) return undefined
  if (!isOpen)
    return html`<button class="kept" onClick=${() => setOpen(true)}>Show the ${plural(messages.length, 'message')} that did not change</button>` as VNode
  return html`<div>${messages.map((message, index) => html`<${MessageBox} key=${index} message=${showMessage(message)} number=${index} />`)}</div>` as VNode
}

function NewMessage({
  message,
  old,
  number,
  isFirst,
}: {
  readonly message: Json
  readonly old: Json | undefined
  readonly number: number
  readonly isFirst: boolean
}): VNode {
  const [now, then] = [showMessage(message), old === undefined ? undefined : showMessage(old)]
  // Behind the first message that changed, others may be as they were.
  if (old !== undefined && JSON.stringify(old) === JSON.stringify(message)) return html`<${MessageBox} message=${now} number=${number} />` as VNode
  const isChanged = then !== undefined && then.role === now.role
  return html`<${MessageBox} message=${now} number=${number} mark=${isFirst ? undefined : isChanged ? 'changed' : 'new'}>
    ${isChanged && html`<${Changes} now=${now} then=${then} />`}
  </${MessageBox}>` as VNode
}

/** Where the texts of two messages differ. */
function Changes({ now, then }: { readonly now: ShownMessage; readonly then: ShownMessage }): VNode {
  return html`<div class="changes">
    ${now.parts.map((part, index) => {
      const other = then.parts[index]
      if (other?.text === part.text && other.kind === part.kind) return undefined
      const { start, before, after, end } = compareTexts(other?.text ?? '', part.text)
      return html`<div key=${index} class="change">
        ${start !== '' && html`<small>${plural(start.length, 'character')} as before</small>`}
        ${before !== '' && html`<del><${Text} text=${before} /></del>`}
        ${after !== '' && html`<ins><${Text} text=${after} /></ins>`}
        ${end !== '' && html`<small>${plural(end.length, 'character')} as before</small>`}
      </div>`
    })}
  </div>` as VNode
}

interface BoxProps {
  readonly message: ShownMessage
  readonly number: number
  readonly mark?: 'new' | 'changed' | undefined
  readonly children?: unknown
}

function MessageBox({ message, number, mark, children }: BoxProps): VNode {
  const name = message.parts.find((part) => part.kind === 'result')?.name
  return html`<article class=${`message ${message.role} ${mark ?? ''}`}>
    <h4><span class="number">${number + 1}</span> <b>${message.role}</b> ${name !== undefined && html`<span class="of">${name}</span>`}
      ${mark !== undefined && html`<span class="tag">${mark}</span>`}<span class="spacer"></span><${Copy} text=${() => message.parts.map(({ text }) => text).join('\n\n')} /></h4>
    ${mark === 'changed' ? children : html`<${Parts} message=${message} />`}
  </article>` as VNode
}

function Settings({ exchange }: { readonly exchange: ExchangeLine }): VNode {
  const { exchanges } = store.model
  const parameters = settingOf(exchanges, exchange, 'parameters')
  const tools = settingOf(exchanges, exchange, 'tools') ?? []
  const isChanged = (name: 'parameters' | 'tools'): string | undefined =>
    exchange.request?.before !== undefined && exchange.request[name] !== undefined ? 'changed' : undefined
  return html`<div>
    <${Section} title="Parameters" isOpen=${false} aside=${isChanged('parameters')}><${Text} text=${JSON.stringify(parameters ?? {}, undefined, 2)} isJson=${true} /></${Section}>
    <${Section} title=${`Tools (${tools.length})`} isOpen=${false} aside=${isChanged('tools')}>
      ${tools.map((tool, index) => html`<${Text} key=${index} text=${JSON.stringify(tool, undefined, 2)} isJson=${true} />`)}
    </${Section}>
  </div>` as VNode
}
