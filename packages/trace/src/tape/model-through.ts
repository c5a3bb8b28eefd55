import type { Dispatcher, Model } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'

/**
 * The same model, whose requests go to a dispatcher.
 *
 * @throws {AgentError} `invalid-options` for a model that does not use HTTP.
 */
export function modelThrough(model: Model, dispatcher: Dispatcher): Model {
  if (model.through !== undefined) return model.through(dispatcher)
  throw invalidOptions(`The model ${model.id} does not use HTTP, so it has no exchanges for a tape.`)
}
