import type { RunView, StepView } from '@capstan/server/view'
import { el, setText } from './dom.ts'
import { showNumber, visible } from './format.ts'
import { showText } from './rich-text.ts'
import { ToolCard } from './tool-card.ts'

/** Shows one run while it grows. Every update gets the complete view; only what differs is changed on the page. */
export class RunElement {
  readonly element: HTMLElement = el('section', { class: 'run', 'aria-label': 'Answer' })
  readonly #steps: StepElement[] = []
  readonly #ended = el('p', { class: 'ended' })

  constructor() {
    this.element.append(this.#ended)
  }

  update(view: RunView): void {
    const isLive = view.status === 'running'
    for (const [index, step] of view.steps.entries()) {
      const shown = this.#steps[index] ?? this.#add()
      shown.update(step)
    }
    // A server that lost its memory sends everything again, and has perhaps less of the last step.
    for (const left of this.#steps.splice(view.steps.length)) left.element.remove()
    this.element.setAttribute('aria-busy', String(isLive))
    setText(this.#ended, endOf(view))
    this.#ended.hidden = this.#ended.textContent === ''
  }

  #add(): StepElement {
    const step = new StepElement()
    this.#steps.push(step)
    this.#ended.before(step.element)
    return step
  }
}

class StepElement {
  readonly element = el('div', { class: 'step' })
  readonly #summary = el('summary')
  readonly #reasoning = el('p')
  readonly #thought = el('details', { class: 'thought' }, this.#summary, this.#reasoning)
  readonly #text = el('div', { class: 'text' })
  readonly #cards = new Map<string, ToolCard>()

  constructor() {
    this.element.append(this.#thought, this.#text)
  }

  update({ reasoning, text, calls, isWriting }: StepView): void {
    const isThinking = isWriting && text === ''
    this.#thought.hidden = reasoning === '' && !isThinking
    this.#thought.classList.toggle('now', isThinking)
    setText(this.#summary, isThinking ? 'Thinking…' : 'Thoughts')
    setText(this.#reasoning, visible(reasoning))
    this.#text.hidden = text === ''
    showText(this.#text, text)
    const keys = new Set(calls.map(({ key }) => key))
    for (const [key, card] of this.#cards) if (!keys.has(key)) this.#remove(key, card)
    for (const call of calls) {
      const card = this.#cards.get(call.key) ?? this.#addCard(call.key)
      card.update(call)
    }
  }

  #addCard(key: string): ToolCard {
    const card = new ToolCard()
    this.#cards.set(key, card)
    this.element.append(card.element)
    return card
  }

  #remove(key: string, card: ToolCard): void {
    this.#cards.delete(key)
    card.element.remove()
  }
}

const ends: Readonly<Record<string, string>> = {
  stopped: 'Stopped.',
  aborted: 'Stopped.',
  truncated: 'The answer was cut off by the model.',
  'max-steps': 'Stopped: too many steps.',
  'max-tokens': 'Stopped: the budget of this hour is used up.',
  'max-cost': 'Stopped: the budget of this hour is used up.',
  'max-duration': 'Stopped: it took too long.',
  'repeated-calls': 'Stopped: the assistant repeated itself.',
  'outcome-unknown': 'A supervisor has to look what became of the last call.',
}

/** One line below a run that has ended: how, and how much it took. */
function endOf({ status, stopReason, usage, error }: RunView): string {
  if (error !== undefined) return 'The answer failed.'
  if (status === 'running' || usage === undefined) return ''
  const how = ends[stopReason ?? ''] ?? ''
  const tokens = usage.totalTokens ?? 0
  return `${how} ${tokens > 0 ? `${showNumber(tokens)} tokens` : ''}`.trim()
}
