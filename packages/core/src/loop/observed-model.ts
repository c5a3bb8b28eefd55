import type { Model } from '../contract/model.ts'
import type { Tracer } from '../contract/tracer.ts'

/** By tracer, and by the model that it was asked to observe. One for each, because a model keeps what it has serialised. */
const known = new WeakMap<Tracer, WeakMap<Model, Model>>()

/** The model, whose HTTP exchanges the tracers see. A model that has no exchanges is returned as it is. */
export function observedModel(model: Model, tracers: readonly Tracer[]): Model {
  return tracers.reduce(observedBy, model)
}

function observedBy(model: Model, tracer: Tracer): Model {
  let models = known.get(tracer)
  if (models === undefined) {
    models = new WeakMap()
    known.set(tracer, models)
  }
  let observed = models.get(model)
  if (observed === undefined) {
    observed = model.observed?.(tracer) ?? model
    models.set(model, observed)
  }
  return observed
}
