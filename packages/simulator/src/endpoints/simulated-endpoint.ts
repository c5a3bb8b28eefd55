import type { ModelFamily, SimulatedModel } from '../models/simulated-model.ts'
import type { Words } from '../rules/refusal-rules.ts'

/** The endpoints that can be played. */
export type EndpointName = 'evolink' | 'deepseek' | 'moonshot' | 'openrouter' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama'

/** One endpoint, as its pages describe it: data. */
export interface SimulatedEndpoint {
  readonly name: EndpointName
  /** The base URL that it stands for. */
  readonly url: string
  /** Path of the base URL: empty, or with a slash before it and none behind. */
  readonly basePath: string
  /** Other base paths that answer alike. */
  readonly otherPaths?: readonly string[]
  /** The base path where beta features are served. */
  readonly betaPath?: string
  readonly models: readonly SimulatedModel[]
  /** Whose error bodies are sent where no model is known. */
  readonly family: ModelFamily
  /** A model that is not served: `{model}`, `{models}`. Absent: the first model answers, whatever the name. */
  readonly unknownModel?: Words
  /** True where no key is asked for, unless the simulator is given one. */
  readonly keyless?: boolean
}
