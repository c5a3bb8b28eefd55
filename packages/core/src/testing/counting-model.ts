import type { Model, ModelRequest, ModelTraits } from '../contract/model.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import { type Answer, scriptedModel } from './scripted-model.ts'

/** What was sent: the request, and the settings that the model had. */
export interface CountedRequest extends ModelRequest {
  readonly settings?: RunSettings
}

export interface CountingModel extends Model {
  readonly requests: readonly CountedRequest[]
}

/** Characters that count as one token. */
export const charactersEach = 4

/**
 * A model that reports usage by the characters of what is sent and answered, and answers by a function of the request and its number, from 1.
 * Its answers must not have a usage of their own.
 */
export function countingModel(answer: (request: ModelRequest, number: number) => Answer, traits: Partial<ModelTraits> = {}): CountingModel {
  const requests: CountedRequest[] = []
  const make = (settings?: RunSettings): CountingModel => {
    const base = scriptedModel([], traits, 'test/counting')
    return {
      ...base,
      requests,
      withSettings: (given) => make({ ...settings, ...given }),
      stream: (request, options) => {
        requests.push({ ...request, messages: [...request.messages], ...(settings && { settings }) })
        const given = answer(request, requests.length)
        const inputTokens = tokensOf([request.instructions, JSON.stringify(request.tools), request.messages])
        const outputTokens = tokensOf([given.reasoning, given.text, given.calls?.map(({ name, input, id = '' }) => [name, JSON.stringify(input), id])])
        const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
        return scriptedModel([{ usage, ...given }], traits, base.id).stream(request, options)
      },
    }
  }
  return make()
}

/** What messages have beside what is sent. */
const neverSent: ReadonlySet<string> = new Set(['type', 'role', 'id', 'key', 'complete', 'summary', 'pinned', 'status'])

/** Tokens as the model counts them. */
export function tokensOf(value: unknown): number {
  return Math.ceil(textLength(value) / charactersEach)
}

function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((total, [name, item]) => total + (neverSent.has(name) ? 0 : textLength(item)), 0)
}
