import { deepseekModels } from './deepseek.ts'
import { kimiModels, kimiThreeModel } from './kimi.ts'
import type { SimulatedModel } from './simulated-model.ts'

/** The models that Evolink documents on its chat pages. */
export const evolinkModels: readonly SimulatedModel[] = [...kimiModels, ...deepseekModels, kimiThreeModel]
