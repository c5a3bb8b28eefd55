import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { durationOf, type Row, repliedRequest } from '../src/viewer/model/row.ts'
import { EditDetail, NoteDetail, PersonDetail, WaitDetail } from './detail/others.ts'
import { Reply } from './detail/reply.ts'
import { RequestDetail } from './detail/request.ts'
import { RunDetail } from './detail/run.ts'
import { ToolDetail } from './detail/tool.ts'
import { Wire } from './detail/wire.ts'
import { formatMs, formatTime } from './format.ts'
import { statusWord } from './row-words.ts'
import { store, type Tab } from './store.ts'
import { Line, Text } from './text.ts'

/** Everything that is known of the selected row. */
export function Detail(): VNode {
  const row = store.selected.value
  store.model
  if (row === undefined) return html`<aside class="detail"></aside>` as VNode
  const names = tabsOf(row)
  const tab = names.some(([name]) => name === store.tab.value) ? store.tab.value : 'main'
  return html`<aside class="detail" aria-label="Details">
    <div class="detail-head">
      <button class="back" aria-label="Back to the timeline" onClick=${() => (store.isDetailOpen.value = false)}>←</button>
      <h2><${Line} text=${row.name} /></h2>
      <span class=${`pill ${row.status}`}>${statusWord(row)}</span>
      <span class="spacer"></span>
      <span class="when">${formatMs(durationOf(row))}<span class="date">${formatTime(row.from)}</span></span>
    </div>
    ${row.scope.path.length > 0 && html`<p class="path">in <${Line} text=${row.scope.path.join(' › ')} /></p>`}
    ${
      names.length > 1 &&
      html`<div class="tabs" role="tablist">
      ${names.map(
        ([name, words], index) => html`<button key=${name} role="tab" aria-selected=${name === tab} title=${`${words} (${index + 1})`}
        onClick=${() => (store.tab.value = name)}>${words}</button>`,
      )}
    </div>`
    }
    <div class="detail-body" key=${`${row.id} ${tab}`} role="tabpanel" tabindex="0"><${Body} row=${row} tab=${tab} /></div>
  </aside>` as VNode
}

/** The tabs of a row, in the order of the keys 1 to 4. */
export function tabsOf(row: Row): readonly (readonly [Tab, string])[] {
  const request = requestOf(row)
  if (request === undefined)
    return [
      ['main', row.kind === 'run' ? 'Overview' : row.kind === 'tool' ? 'Call' : 'What happened'],
      ['events', 'Events'],
    ]
  const hasWire = request.exchange !== undefined
  return [['main', 'Reply'], ['request', 'Messages'], ...(hasWire ? ([['wire', 'Wire']] as const) : []), ['events', 'Events']]
}

/** The request that a row is about; of a step the one whose reply counts. */
function requestOf(row: Row): Row | undefined {
  if (row.kind === 'request') return row
  return row.kind === 'step' ? repliedRequest(row) : undefined
}

function Body({ row, tab }: { readonly row: Row; readonly tab: Tab }): VNode {
  const request = requestOf(row)
  if (tab === 'events') return html`<${Events} row=${row} />` as VNode
  if (request !== undefined) {
    if (tab === 'wire' && request.exchange !== undefined) return html`<${Wire} exchange=${request.exchange} />` as VNode
    return (
      tab === 'request' ? html`<${RequestDetail} row=${request} />` : html`<${Reply} row=${request} step=${row.kind === 'step' ? row : undefined} />`
    ) as VNode
  }
  const bodies = { run: RunDetail, tool: ToolDetail, wait: WaitDetail, person: PersonDetail, edit: EditDetail, note: NoteDetail } as const
  const Kind = bodies[row.kind as keyof typeof bodies] ?? NoteDetail
  return html`<${Kind} row=${row} />` as VNode
}

/** Events beyond this number are left out: the file has them. */
const maxEvents = 200

function Events({ row }: { readonly row: Row }): VNode {
  const events = row.kind === 'step' ? [...row.events, ...row.children.flatMap((child) => child.events)] : row.events
  const ordered = [...events].sort((left, right) => left.seq - right.seq)
  return html`<div>
    ${ordered.length === 0 && html`<p class="nothing">No events: only the exchange was recorded.</p>`}
    ${ordered.slice(0, maxEvents).map(
      (event) => html`<div class="event" key=${event.seq}>
      <h4><b>${event.type}</b> <small>${formatTime(event.at)}</small></h4>
      <${Text} text=${JSON.stringify(event)} isJson=${true} />
    </div>`,
    )}
    ${ordered.length > maxEvents && html`<p class="nothing">${ordered.length - maxEvents} more are in the file.</p>`}
  </div>` as VNode
}
