import type { CallView } from '@capstan/server/view'
import { el, setText } from './dom.ts'
import { fieldsOf, showValue, visible } from './format.ts'

/** What a call is called on the page. A tool that is not listed has its own name, so a new tool needs no change here. */
const titles: Readonly<Record<string, (value: (name: string) => string) => string>> = {
  list_orders: () => 'Look at all orders',
  lookup_order: (value) => `Look at order ${value('order')}`,
  refund_order: (value) => `Refund for order ${value('order')}`,
  send_email: (value) => `E-mail to ${value('to')}`,
}
/** Calls that only read show no fields: their title says it all. */
const brief = ['list_orders', 'lookup_order']

export function titleOf(toolName: string, input: unknown): string {
  const fields = Object.fromEntries(fieldsOf(input))
  return visible(titles[toolName]?.((name) => String(fields[name] ?? '')) ?? toolName)
}

/** The exact values of a call, each with its name. */
export function fieldList(input: unknown, below: (name: string) => Node | undefined = () => undefined): HTMLElement {
  const items = fieldsOf(input).flatMap(([name, value]) => [el('dt', {}, visible(name)), el('dd', {}, visible(showValue(name, value)), below(name))])
  return el('dl', { class: 'fields' }, ...items)
}

interface State {
  readonly label: string
  readonly tone: 'busy' | 'good' | 'warn' | 'bad' | 'quiet'
}

function stateOf({ status, question }: CallView): State {
  if (question !== undefined) return { label: 'Waits for a supervisor', tone: 'warn' }
  if (status === 'waiting') return { label: 'Next', tone: 'quiet' }
  if (status === 'running') return { label: 'Running', tone: 'busy' }
  if (status === 'ok') return { label: 'Done', tone: 'good' }
  if (status === 'denied') return { label: 'Denied', tone: 'bad' }
  return { label: status === 'abandoned' ? 'Stopped' : 'Failed', tone: 'bad' }
}

/** A card for one call of a tool: what it does, its state, and what came back. */
export class ToolCard {
  readonly element: HTMLElement = el('article', { class: 'card' })
  readonly #title = el('h3')
  readonly #chip = el('span', { class: 'chip' })
  readonly #fields = el('div')
  readonly #aside = el('p', { class: 'aside' })
  readonly #result = el('pre', { tabindex: '0' })
  readonly #details = el('details', {}, el('summary', { class: 'aside' }, 'What came back'), this.#result)
  #shownInput = ''

  constructor() {
    this.element.append(el('header', {}, this.#title, this.#chip), this.#fields, this.#aside, this.#details)
  }

  update(call: CallView): void {
    const { label, tone } = stateOf(call)
    const title = titleOf(call.toolName, call.input)
    setText(this.#title, title)
    setText(this.#chip, label)
    this.#chip.dataset['tone'] = tone
    this.element.dataset['tone'] = tone
    this.element.setAttribute('aria-label', `${title}: ${label}`)
    this.#showFields(call)
    const aside = asideOf(call)
    setText(this.#aside, aside)
    this.#aside.hidden = aside === ''
    const result = call.status === 'ok' ? visible(call.text) : ''
    setText(this.#result, result)
    this.#details.hidden = result === ''
  }

  #showFields({ toolName, input }: CallView): void {
    const text = JSON.stringify(input) ?? ''
    if (text === this.#shownInput) return
    this.#shownInput = text
    this.#fields.replaceChildren(...(brief.includes(toolName) ? [] : [fieldList(input)]))
    this.#fields.hidden = this.#fields.childElementCount === 0
  }
}

function asideOf({ question, status, text, progress }: CallView): string {
  if (question !== undefined) return 'A supervisor looks at exactly these values. You can close the page: nothing gets lost.'
  if (status === 'running') return typeof progress === 'string' ? visible(progress) : ''
  if (status === 'denied')
    return visible(text)
      .replace(/^Not run: a person denied this call(?:: |\.$)/, 'A supervisor said no. ')
      .trim()
  return status === 'ok' ? '' : visible(text)
}
