import { el } from './dom.ts'

interface ComposerOptions {
  readonly send: (text: string) => void
  readonly stop: () => void
}

/** Where the customer writes. While an answer comes, the button stops it; Escape does, too. */
export class Composer {
  readonly element: HTMLFormElement
  readonly #input = el('textarea', { rows: '1', 'aria-label': 'Your message', placeholder: 'Write to the desk…', maxlength: '4000', autofocus: true })
  readonly #button = el('button', { class: 'button primary', type: 'submit' })
  readonly #options: ComposerOptions
  #isBusy = false

  constructor(options: ComposerOptions) {
    this.#options = options
    this.element = el('form', { class: 'composer', submit: (event) => this.#submit(event) }, this.#input, this.#button)
    this.element.addEventListener('keydown', (event) => this.#key(event))
    this.setState('ready')
  }

  /** @param state - `waiting`: the answer waits for a supervisor, and can be called off. */
  setState(state: 'ready' | 'busy' | 'waiting'): void {
    this.#isBusy = state !== 'ready'
    this.#button.textContent = { ready: 'Send', busy: 'Stop', waiting: 'Call it off' }[state]
    this.#button.classList.toggle('primary', state === 'ready')
  }

  /** Gives a text back that could not be sent, unless the customer writes the next one already. */
  restore(text: string): void {
    if (this.#input.value === '') this.#input.value = text
  }

  focus(): void {
    this.#input.focus()
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.#isBusy) return this.#options.stop()
    // An input method uses Enter to choose a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.target !== this.#input) return
    event.preventDefault()
    // While an answer comes, Enter must not stop it by mistake.
    if (!this.#isBusy) this.#send()
  }

  #submit(event: Event): void {
    event.preventDefault()
    if (this.#isBusy) this.#options.stop()
    else this.#send()
  }

  #send(): void {
    const text = this.#input.value.trim()
    if (text === '') return
    this.#input.value = ''
    this.#options.send(text)
  }
}
