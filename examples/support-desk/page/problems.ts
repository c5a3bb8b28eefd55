import { el } from './dom.ts'

/** What went wrong, for people, and what they can do. */
interface Problem {
  readonly title: string
  readonly text: string
  readonly tone: 'warn' | 'bad'
  /** Seconds after which trying again makes sense. */
  readonly waitSeconds?: number
  readonly isSignedOut?: true
}

export const usedUp: Problem = { title: 'Your budget is used up.', text: 'It fills up again within an hour.', tone: 'warn' }

/** Reads what `fetch` and the client throw: a status says more than a text. */
export function problemOf(error: unknown): Problem {
  const { status = 0, code = '', retryAfterMs } = Object(error) as { readonly status?: number; readonly code?: string; readonly retryAfterMs?: number }
  const wait = retryAfterMs === undefined ? {} : { waitSeconds: Math.ceil(retryAfterMs / 1_000) }
  if (status === 401) return { title: 'You are signed out.', text: 'Sign in again to continue. Nothing is lost.', tone: 'warn', isSignedOut: true }
  if (code === 'budget-exhausted') return { ...usedUp, ...wait }
  if (status === 429) return { title: 'That was too fast.', text: 'Please wait a moment.', tone: 'warn', ...wait }
  if (status === 503) return { title: 'The desk is very busy.', text: 'Your message was not sent.', tone: 'warn', ...wait }
  if (status === 409) return { title: 'The last answer is not complete yet.', text: 'Wait for it, or stop it first.', tone: 'warn' }
  if (status === 0) return { title: 'The desk cannot be reached.', text: 'Try again: no message is answered twice.', tone: 'bad' }
  return { title: 'Something went wrong.', text: String((error as Error).message), tone: 'bad' }
}

/** A box that shows one problem at a time. */
export class ProblemBox {
  readonly element: HTMLElement = el('div', { role: 'alert' })
  #isOffline = false

  clear(): void {
    this.#isOffline = false
    this.element.replaceChildren()
  }

  /** The connection is there again. Other problems stay. */
  clearOffline(): void {
    if (this.#isOffline) this.clear()
  }

  /** @param retry - What the button does, where there is something to do. */
  show({ title, text, tone, waitSeconds, isSignedOut }: Problem, retry?: () => void): void {
    const wait = waitSeconds === undefined ? '' : ` Try again in ${waitText(waitSeconds)}.`
    this.#isOffline = false
    const signIn = el('button', { class: 'button', type: 'button', click: () => location.reload() }, 'Sign in')
    const again = retry && el('button', { class: 'button', type: 'button', click: retry }, 'Try again')
    this.element.replaceChildren(
      el('div', { class: 'problem', 'data-tone': tone }, el('p', {}, el('strong', {}, title), `${text}${wait}`), isSignedOut ? signIn : again),
    )
  }

  /** Shows that the connection is gone and comes back by itself. */
  showOffline(): void {
    if (this.#isOffline) return
    this.#isOffline = true
    const text = 'The desk does not answer. The page connects again by itself, and the answer continues.'
    this.element.replaceChildren(el('div', { class: 'problem', 'data-tone': 'warn' }, el('p', {}, el('strong', {}, 'Reconnecting…'), text)))
  }
}

function waitText(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`
}
