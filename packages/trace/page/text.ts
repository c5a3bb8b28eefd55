import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { formatJson, showText } from '../src/viewer/model/shown-text.ts'
import { formatBytes } from './format.ts'

/** Characters of a text that are shown at first, and with each press of the button. */
const firstCharacters = 8_000
const moreCharacters = 100_000

/** A text from outside: never markup, hidden characters visible, its direction kept to itself, and long ones cut. */
export function Text({ text, isJson = false, isCode = false }: { readonly text: string; readonly isJson?: boolean; readonly isCode?: boolean }): VNode {
  const [most, setMost] = useState(firstCharacters)
  const full = isJson && text.length < 1_000_000 ? formatJson(text) : text
  const rest = full.length - most
  return html`<div class=${isJson || isCode ? 'text code' : 'text'}>
    <bdi>${pieces(full.slice(0, most))}</bdi>
    ${rest > 0 && html`<div class="more">${formatBytes(most)} of ${formatBytes(full.length)} shown <button onClick=${() => setMost(most + moreCharacters)}>Show more</button></div>`}
  </div>` as VNode
}

/** A short text on one line. */
export function Line({ text }: { readonly text: string }): VNode {
  return html`<bdi>${pieces(text)}</bdi>` as VNode
}

function pieces(text: string): readonly (string | VNode)[] {
  return showText(text).map((piece) => (piece.isMark ? (html`<span class="mark">${piece.text}</span>` as VNode) : piece.text))
}

/** A button that copies a text, which may be made when it is pressed. */
export function Copy({ text, label = 'Copy' }: { readonly text: string | (() => string); readonly label?: string }): VNode {
  const [said, setSaid] = useState(label)
  const copy = async (): Promise<void> => {
    const done = await navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
      () => 'Copied',
      () => 'Not allowed',
    )
    setSaid(done)
    setTimeout(() => setSaid(label), 1_500)
  }
  return html`<button class="copy" onClick=${copy}>${said}</button>` as VNode
}

/** A part of the details that can be closed. */
export function Section({ title, aside, isOpen = true, children }: SectionProps): VNode {
  return html`<details class="section" open=${isOpen}>
    <summary><h3>${title}</h3>${aside !== undefined && html`<span class="aside">${aside}</span>`}</summary>
    ${children}
  </details>` as VNode
}

interface SectionProps {
  readonly title: string
  readonly aside?: string | VNode | undefined
  readonly isOpen?: boolean
  readonly children?: unknown
}

/** Names and values, for what is known of a row. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, string | undefined])[] }): VNode {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  return html`<dl class="facts">
    ${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd><${Line} text=${value} /></dd></div>`)}
  </dl>` as VNode
}
