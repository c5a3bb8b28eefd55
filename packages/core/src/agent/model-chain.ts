import type { Model, ModelTraits } from '../contract/model.ts'
import { invalidOptions } from '../contract/options.ts'

type Chain = readonly [Model, ...Model[]]

/**
 * The models of an agent: one, or a fallback chain.
 *
 * @throws {AgentError} `invalid-options` for a value that is not a model.
 */
export function modelsOf(given: Model | readonly Model[]): Chain {
  const [first, ...others] = isList(given) ? given : [given]
  if (first === undefined) throw invalidOptions('`model` is an empty list. Give at least one model.')
  for (const model of [first, ...others]) {
    if (typeof model?.stream !== 'function')
      throw invalidOptions('`model` must be a model, such as evolink(...) or openaiCompatible({ ... }) makes, or a list of them.')
  }
  return [first, ...others]
}

/** What all models of a chain have in common: a request must suit each of them. */
export function sharedTraits(models: Chain): ModelTraits {
  const [{ traits: first }] = models
  const all = models.map(({ traits }) => traits)
  const arePriced = all.every(({ prices }) => prices !== undefined && prices.currency === first.prices?.currency)
  return {
    tools: all.every(({ tools }) => tools),
    toolChoices: first.toolChoices.filter((choice) => all.every(({ toolChoices }) => toolChoices.includes(choice))),
    outputModes: (first.outputModes ?? []).filter((mode) => all.every(({ outputModes = [] }) => outputModes.includes(mode))),
    ...(all.some(({ closedSchemas }) => closedSchemas === true) && { closedSchemas: true }),
    candidates: Math.max(...all.map(({ candidates }) => candidates)),
    ...(arePriced && first.prices !== undefined && { prices: first.prices }),
  }
}

function isList(given: Model | readonly Model[]): given is readonly Model[] {
  return Array.isArray(given)
}
