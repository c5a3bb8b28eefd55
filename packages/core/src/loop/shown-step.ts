import type { RunEventBody } from '../contract/events.ts'

/** What was shown of the current step of a run, and the request that is under way. */
export class ShownStep {
  #text: string[] = []
  #reasoning: string[] = []
  #attempt = 0

  /** The number of the current request, from 1; 0 between requests. */
  get attempt(): number {
    return this.#attempt
  }

  get text(): string {
    return this.#text.join('')
  }

  get reasoningText(): string {
    return this.#reasoning.join('')
  }

  /** Takes an event of the run itself. */
  track(body: RunEventBody): void {
    if (body.type === 'text-delta') this.#text.push(body.delta)
    else if (body.type === 'reasoning-delta') this.#reasoning.push(body.delta)
    else if (body.type === 'attempt') this.#attempt = body.attempt
    else if (body.type === 'message-end' || body.type === 'step-retry' || body.type === 'history-edit') this.#attempt = 0
    if (body.type !== 'step-start' && body.type !== 'step-retry') return
    this.#text = []
    this.#reasoning = []
  }
}
