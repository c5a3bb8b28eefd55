import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ExchangeLine as RecordedExchange } from '../../src/format/lines.ts'
import type { ExchangeLine } from '../../src/viewer/lines.ts'
import { curlOf, keyVariable } from '../../src/viewer/model/curl.ts'
import { formatBytes, formatMs, plural } from '../format.ts'
import { store } from '../store.ts'
import { Copy, Facts, Section, Text } from '../text.ts'
import { type Chunk, readBody } from './response-body.ts'

/** One HTTP exchange, byte for byte: it is read when it is asked for. */
export function Wire({ exchange }: { readonly exchange: ExchangeLine }): VNode {
  const [recorded, setRecorded] = useState<RecordedExchange | string | undefined>(undefined)
  useEffect(() => {
    let isCurrent = true
    store.feed.exchange(store.openId.value, exchange.id).then(
      (found) => isCurrent && setRecorded(found),
      (error: unknown) => isCurrent && setRecorded(error instanceof Error ? error.message : String(error)),
    )
    return () => {
      isCurrent = false
    }
  }, [exchange.id])
  const { at, headersAt, firstAt, endAt, status, requestBytes, responseBytes } = exchange
  const after = (time: number | undefined): string | undefined => (time === undefined ? undefined : `after ${formatMs(time - at)}`)
  return html`<div>
    <${Facts} facts=${[
      ['Request', `${exchange.method} ${exchange.url}`],
      ['Status', status === undefined ? 'no response' : String(status)],
      ['Sent', `${formatBytes(requestBytes)}`],
      ['Headers', after(headersAt)],
      ['First bytes', after(firstAt)],
      ['Complete', after(endAt)],
      ['Received', formatBytes(responseBytes)],
      ['Broken by', exchange.error === undefined ? undefined : `${exchange.error.code}: ${exchange.error.message}`],
    ]} />
    ${recorded === undefined && html`<p class="nothing">Reading …</p>`}
    ${typeof recorded === 'string' && html`<p class="failure" role="alert">${recorded}</p>`}
    ${typeof recorded === 'object' && html`<${Recorded} exchange=${recorded} />`}
  </div>` as VNode
}

function Recorded({ exchange }: { readonly exchange: RecordedExchange }): VNode {
  const { request, response, chunks } = exchange
  const curl = curlOf(request)
  return html`<div>
    <${Section} title="As curl" isOpen=${false} aside=${html`<${Copy} text=${curl} />`}>
      <p class="hint">The key is not in the trace: put it into the variable <code>${keyVariable}</code>. The command sends the request again, and it costs money again.</p>
      ${request.omittedBytes !== undefined && html`<p class="hint">${formatBytes(request.omittedBytes)} of the body were too many to be recorded, so this command is not complete.</p>`}
      <${Text} text=${curl} isCode=${true} />
    </${Section}>
    <${Section} title="Request headers" isOpen=${false}><${Headers} headers=${request.headers} /></${Section}>
    <${Section} title="Request body" isOpen=${false} aside=${html`<${Copy} text=${request.body} />`}>
      <${Text} text=${request.body} isJson=${request.bodyEncoding === undefined} isCode=${true} />
    </${Section}>
    <${Section} title="Response headers" isOpen=${false}>
      ${response === undefined ? html`<p class="nothing">No response came.</p>` : html`<${Headers} headers=${response.headers} />`}
    </${Section}>
    <${Section} title="Response body" aside=${plural(chunks.length, 'chunk')}><${Chunks} exchange=${exchange} /></${Section}>
  </div>` as VNode
}

function Headers({ headers }: { readonly headers: Readonly<Record<string, string>> }): VNode {
  return html`<${Facts} facts=${Object.entries(headers)} />` as VNode
}

/** Chunks that are shown at first, and with each press of the button. */
const firstChunks = 100

function Chunks({ exchange }: { readonly exchange: RecordedExchange }): VNode {
  const [chunks, setChunks] = useState<readonly Chunk[] | string>([])
  const [most, setMost] = useState(firstChunks)
  useEffect(() => {
    readBody(exchange).then(setChunks, (error: unknown) => setChunks(`It cannot be decoded: ${String(error)}`))
  }, [exchange])
  if (typeof chunks === 'string') return html`<p class="hint">${chunks}</p>` as VNode
  return html`<div class="chunks">
    ${chunks.slice(0, most).map(({ ms, text }, index) => html`<div key=${index} class="chunk"><span class="number">+${formatMs(ms)}</span><${Text} text=${text.trimEnd()} isCode=${true} /></div>`)}
    ${chunks.length > most && html`<button onClick=${() => setMost(most + 1_000)}>Show more of the ${plural(chunks.length, 'chunk')}</button>`}
  </div>` as VNode
}
