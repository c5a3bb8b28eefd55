import type { ModelFamily, SimulatedModel } from '../models/simulated-model.ts'
import { deepseekDialect } from './deepseek.ts'
import type { Dialect } from './dialect.ts'
import { kimiDialect, moonshotDialect } from './kimi.ts'
import { llamaCppDialect, ollamaDialect, openRouterDialect, sglangDialect, vllmDialect } from './self-hosted.ts'

/** The dialect of each family. */
export const dialects: Readonly<Record<ModelFamily, Dialect>> = {
  kimi: kimiDialect,
  moonshot: moonshotDialect,
  deepseek: deepseekDialect,
  openrouter: openRouterDialect,
  vllm: vllmDialect,
  sglang: sglangDialect,
  'llama.cpp': llamaCppDialect,
  ollama: ollamaDialect,
}

/** The dialect of a model: that of its family, with the ids that its weights generate. */
export function dialectOfModel({ family, callIds }: SimulatedModel): Dialect {
  return callIds === 'kimi' ? { ...dialects[family], toolCallId: kimiDialect.toolCallId } : dialects[family]
}
