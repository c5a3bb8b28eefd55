import { deepseekModels } from './deepseek.ts'
import { kimiModels } from './kimi.ts'
import type { SimulatedModel } from './simulated-model.ts'

/** The four models that Evolink documents on its two chat pages. */
export const evolinkModels: readonly SimulatedModel[] = [...kimiModels, ...deepseekModels]
