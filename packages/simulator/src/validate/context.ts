import type { JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import type { StrictOptions } from '../options.ts'

/** What a check of a request looks at. */
export interface CheckContext {
  readonly model: SimulatedModel
  readonly body: JsonObject
  /** The body as it came, for messages that name a column. */
  readonly rawBody: string
  readonly strict: StrictOptions
  /** Whether the model thinks in this request. */
  readonly thinking: boolean
}

/** Whether the model thinks, given the request's `thinking` parameter. */
export function isThinking(model: SimulatedModel, body: JsonObject): boolean {
  const parameter = body['thinking']
  const type = typeof parameter === 'object' && parameter !== null && 'type' in parameter ? parameter['type'] : undefined
  switch (model.thinking) {
    case 'always':
      return true
    case 'when-enabled':
      return type === 'enabled'
    case 'unless-disabled':
      return type !== 'disabled'
  }
}
