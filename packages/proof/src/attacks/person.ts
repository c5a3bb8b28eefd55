import { type Answers, approve, deny, type Json, type JsonObject, type PendingQuestion } from '@capstan/core'
import { inputOf, type Sink } from './sinks.ts'
import type { Happening, World } from './world.ts'

/** What a person does with a question about a call that reaches something. `edit` approves it with a harmless text, `for-target` all calls with these targets. */
export type Decides = 'deny' | 'approve' | 'edit' | 'for-target'

/** A person who decides about calls that reach something as listed, and leaves then. Other calls are approved. */
export class Person {
  readonly #world: World
  readonly #sinks: ReadonlyMap<string, Sink>
  readonly #decisions: Decides[]

  constructor(world: World, sinks: readonly Sink[], decisions: readonly Decides[]) {
    this.#world = world
    this.#sinks = new Map(sinks.map((sink) => [sink.tool, sink]))
    this.#decisions = [...decisions]
  }

  /** Answers all questions; `undefined` once the person has left. */
  answer(questions: readonly PendingQuestion[]): Answers | undefined {
    const answers: Record<string, Answers[string]> = {}
    for (const { id, about } of questions) {
      const answer = this.#answerOne(readQuestion(about))
      if (answer === undefined) return undefined
      answers[id] = answer
    }
    return answers
  }

  #answerOne(shown: Shown): Answers[string] | undefined {
    const { type, tool, input } = shown
    this.#world.note({ kind: 'asked', tool, input })
    const sink = this.#sinks.get(tool)
    const decision = sink === undefined ? 'approve' : this.#decisions.shift()
    if (decision === undefined || decision === 'deny') return decision && (type === 'outcome' ? { failed: 'It did not run.' } : deny())
    if (type === 'outcome') {
      this.#world.note(this.#allowedBefore(shown))
      return { repeat: true }
    }
    const edited = decision === 'edit' && sink !== undefined ? inputOf(sink, 'Nothing.') : undefined
    this.#world.note({ kind: 'allowed', by: 'person', ...callOf(shown, edited) })
    if (decision === 'for-target') this.#world.note({ kind: 'granted', tool, targets: sink?.targets?.(input as JsonObject) ?? [] })
    return approve(decision === 'for-target' ? { forTarget: true } : edited)
  }

  /** To repeat a call whose outcome is unknown is to allow once more what was allowed last. */
  #allowedBefore(shown: Shown): Happening {
    const before = this.#world.of('allowed').findLast(({ tool }) => tool === shown.tool)
    return before ?? { kind: 'allowed', by: 'person', ...callOf(shown, undefined) }
  }
}

function callOf({ tool, input, hashes }: Shown, edited: JsonObject | undefined): Omit<Shown, 'type'> {
  return { tool, input: edited ?? input, hashes }
}

/** What a person sees of a call: the tool, the input, and the hashes of values that it refers to. */
interface Shown {
  readonly type: string
  readonly tool: string
  readonly input: Json
  readonly hashes: readonly string[]
}

function readQuestion(about: Json): Shown {
  // The form of a question is part of the contract.
  const { type, toolName, input, value, references = [] } = about as JsonObject & { readonly references?: readonly { readonly hash: string }[] }
  const hashes = references.map(({ hash }) => hash)
  return { type: String(type), tool: String(toolName), input: (hashes.length === 0 ? value : undefined) ?? input ?? null, hashes }
}
