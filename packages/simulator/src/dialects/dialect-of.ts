import type { ModelFamily } from '../models/simulated-model.ts'
import { deepseekDialect } from './deepseek.ts'
import type { Dialect } from './dialect.ts'
import { kimiDialect } from './kimi.ts'

const dialects: Readonly<Record<ModelFamily, Dialect>> = { kimi: kimiDialect, deepseek: deepseekDialect }

/** The dialect of a family. */
export function dialectOf(family: ModelFamily): Dialect {
  return dialects[family]
}
