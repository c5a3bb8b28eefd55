import type { ModelFamily, SimulatedModel } from '../models/simulated-model.ts'
import type { RefusalMessage } from '../rules/refusal-rules.ts'

/** The endpoints that can be simulated. */
export type EndpointName = 'evolink' | 'deepseek' | 'moonshot' | 'openrouter' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama'

/** One endpoint, as its pages describe it: data. */
export interface SimulatedEndpoint {
  readonly name: EndpointName
  /** The base URL of the real endpoint. */
  readonly url: string
  /** Path of the base URL: empty, or with a slash at its start and none at its end. */
  readonly basePath: string
  /** Other base paths with the same behaviour. */
  readonly otherPaths?: readonly string[]
  /** The base path where beta features are served. */
  readonly betaPath?: string
  readonly models: readonly SimulatedModel[]
  /** The family whose error bodies are sent when the model is not known. */
  readonly family: ModelFamily
  /** The refusal of a model that is not served: `{model}`, `{models}`. Absent: the first model is used for any name. */
  readonly unknownModel?: RefusalMessage
  /** True where no key is required, unless the simulator is started with one. */
  readonly keyless?: boolean
}
