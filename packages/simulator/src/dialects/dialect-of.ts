import type { ModelFamily, SimulatedModel } from '../models/simulated-model.ts'
import { deepseekDialect } from './deepseek.ts'
import type { Dialect } from './dialect.ts'
import { kimiDialect, moonshotDialect } from './kimi.ts'
import { llamaCppDialect, ollamaDialect, openRouterDialect, sglangDialect, vllmDialect } from './self-hosted.ts'

const dialects: Readonly<Record<ModelFamily, Dialect>> = {
  kimi: kimiDialect,
  moonshot: moonshotDialect,
  deepseek: deepseekDialect,
  openrouter: openRouterDialect,
  vllm: vllmDialect,
  sglang: sglangDialect,
  'llama.cpp': llamaCppDialect,
  ollama: ollamaDialect,
}

/** The dialect of a family. */
export function dialectOf(family: ModelFamily): Dialect {
  return dialects[family]
}

/** The dialect of a model: its family's, with the ids that its weights write. */
export function dialectOfModel({ family, callIds }: SimulatedModel): Dialect {
  return callIds === 'kimi' ? { ...dialects[family], toolCallId: kimiDialect.toolCallId } : dialects[family]
}
