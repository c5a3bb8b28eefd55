import type { OpenQuestion, ServerAnswer } from '@capstan/server/view'
import { agents } from './api.ts'
import { announce, el } from './dom.ts'
import { visible } from './format.ts'
import { ProblemBox, problemOf } from './problems.ts'
import { fieldList, titleOf } from './tool-card.ts'
import { traceLink } from './trace-link.ts'

/** What is asked about a call. See `PendingQuestion` in the API of Capstan. */
interface About {
  readonly type?: string
  readonly toolName?: string
  readonly input?: unknown
  /** What the tool gets, where its schema changed the input. */
  readonly value?: unknown
  readonly origins?: readonly { readonly at: string; readonly from: string }[]
  readonly flow?: { readonly targets?: readonly { readonly target: string; readonly from: string }[] }
}

/** Where a field was found, for the person who decides. Capstan looks for it word for word. */
const origins: Readonly<Record<string, { readonly text: string; readonly tone?: string }>> = {
  user: { text: 'written by the customer' },
  model: { text: 'written by the model' },
  tool: { text: 'from a tool' },
  untrusted: { text: 'found in an order, where others can write', tone: 'warn' },
  secret: { text: 'found in something secret', tone: 'warn' },
  unknown: { text: 'nobody knows from where', tone: 'warn' },
}

/** One question, with the exact values of the call, and the answers that are possible. */
export class QuestionCard {
  readonly element: HTMLElement
  readonly #question: OpenQuestion
  readonly #problems = new ProblemBox()
  readonly #reason = el('input', { type: 'text', maxlength: '300', placeholder: 'Reason, if you deny', 'aria-label': 'Reason for denying' })
  readonly #buttons: readonly HTMLButtonElement[]
  #isBusy = false

  /** @param owner - The name of the customer. */
  constructor(question: OpenQuestion, owner: string) {
    this.#question = question
    const about = question.question.about as About
    const isOutcome = about.type === 'outcome'
    const value = about.value ?? about.input
    const title = titleOf(about.toolName ?? '', value)
    this.#buttons = isOutcome ? this.#outcomeButtons() : this.#approvalButtons()
    const answer = el('div', { class: 'answer' }, isOutcome ? undefined : this.#reason, ...this.#buttons)
    this.element = el(
      'article',
      { class: 'card question', 'aria-label': title },
      el('header', {}, el('h3', {}, title), el('span', { class: 'chip' }, `for ${visible(owner)}`), traceLink(question.runId, title)),
      isOutcome ? el('p', {}, 'The desk was interrupted during this call, and cannot know whether it happened. Look, then say what became of it.') : undefined,
      fieldList(value, (name) => originOf(about, name)),
      whyOf(about),
      answer,
      this.#problems.element,
    )
  }

  /** True while an answer is on its way. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  #approvalButtons(): readonly HTMLButtonElement[] {
    const denial = (): ServerAnswer => {
      const reason = this.#reason.value.trim()
      return reason === '' ? { approve: false } : { approve: false, reason }
    }
    return [this.#button('Approve', 'primary', () => ({ approve: true })), this.#button('Deny', 'danger', denial)]
  }

  #outcomeButtons(): readonly HTMLButtonElement[] {
    return [
      this.#button('It happened', 'primary', () => ({ output: 'A supervisor looked: it happened.' })),
      this.#button('It did not happen', '', () => ({ failed: 'A supervisor looked: it did not happen.' })),
    ]
  }

  #button(label: string, kind: string, answer: () => ServerAnswer): HTMLButtonElement {
    return el('button', { class: `button ${kind}`, type: 'button', click: () => void this.#decide(answer(), label) }, label)
  }

  async #decide(answer: ServerAnswer, label: string): Promise<void> {
    this.#setBusy(true)
    try {
      await agents.decide(this.#question.runId, { [this.#question.question.id]: answer })
      // Not to the next question: whoever presses Enter twice must not answer it.
      this.element.closest('section')?.focus()
      this.element.remove()
      announce(`Answered: ${label}.`)
    } catch (error) {
      const { title, text, tone } = problemOf(error)
      const isDecided = Object(error).code === 'already-decided'
      this.#problems.show(isDecided ? { title: 'Somebody else was faster.', text: 'Their answer counts.', tone: 'warn' } : { title, text, tone })
    }
    this.#setBusy(false)
  }

  #setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    for (const button of this.#buttons) button.disabled = isBusy
  }
}

function originOf({ origins: found = [] }: About, name: string): Node | undefined {
  const origin = origins[found.find(({ at }) => at === `/${name}`)?.from ?? '']
  return origin && el('span', { class: 'origin', 'data-tone': origin.tone }, origin.text)
}

/** Why the guard of the agent asks, where it does. */
function whyOf({ flow }: About): Node | undefined {
  if (flow === undefined) return undefined
  const strange = (flow.targets ?? []).filter(({ from }) => from !== 'user').map(({ target }) => visible(target))
  const text =
    strange.length === 0
      ? 'The agent had read what others may have written.'
      : `The customer did not name ${strange.join(', ')}, and the agent had read what others may have written.`
  return el('div', { class: 'why' }, el('strong', {}, 'Why you are asked'), text)
}
