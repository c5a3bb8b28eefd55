import type { Model } from '../contract/model.ts'
import { invalidOptions } from '../contract/options.ts'
import type { RunSettings } from '../contract/request-parameters.ts'

/**
 * The models with the settings of one run.
 *
 * @throws {AgentError} `invalid-options` for a model that takes none, or refuses one of them.
 */
export function configureModels(models: readonly Model[], settings: RunSettings): readonly Model[] {
  return models.map((model) => {
    if (model.withSettings !== undefined) return model.withSettings(settings)
    throw invalidOptions(`\`settings\` of a run: ${model.id} takes none, as it has no withSettings(). Leave them out, or set them where the model is made.`)
  })
}
