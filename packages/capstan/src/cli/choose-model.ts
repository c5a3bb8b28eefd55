import { type ChatSettings, deepseek, evolink, evolinkProfiles, moonshot, openaiCompatible } from '@capstan/adapters'
import type { Model } from '@capstan/core'
import type { RunArguments } from './arguments.ts'
import { type ShownText, say } from './terminal/shown-text.ts'

/** A model, and the function that closes its resources after the run. */
export interface ChosenModel {
  readonly model: Model
  /** Says where the model runs, for people. */
  readonly note: ShownText | undefined
  close(): Promise<void>
}

export interface ModelChoice {
  readonly args: RunArguments
  readonly env: NodeJS.ProcessEnv
  /** True for `demo`, which uses the offline model if there is no key. `run` and `chat` require a key. */
  readonly offlineWithoutKey: boolean
}

const defaultModel = 'kimi-k2-thinking'
const defaultKeyVariable = 'EVOLINK_API_KEY'

/**
 * Chooses the offline model if it is requested, or in a demo if no option and no key selects an endpoint; otherwise the real model.
 *
 * @throws {AgentError} From the adapters, such as `missing-key`, on the first request.
 */
export async function chooseModel({ args, env, offlineWithoutKey }: ModelChoice): Promise<ChosenModel> {
  const hasEndpoint = args.baseURL !== undefined || args.apiKeyEnv !== undefined || vendorOf(args.model) !== undefined || Boolean(env[defaultKeyVariable])
  if (args.offline || (offlineWithoutKey && !hasEndpoint)) return await offlineModel(args)
  return { model: onlineModel(args, toolSettings(args)), note: undefined, close: async () => {} }
}

function toolSettings({ textTools }: RunArguments): ChatSettings {
  return textTools ? { toolProtocol: 'text' } : {}
}

/** The options that select a model and its endpoint. */
export type ModelArguments = Pick<RunArguments, 'model' | 'baseURL' | 'apiKeyEnv'>

const vendors: Readonly<Record<string, (id: string, settings: ChatSettings) => Model>> = { deepseek, moonshot, evolink }

/** `deepseek/ID` and `moonshot/ID` are the vendors' own endpoints. */
function vendorOf(model: string | undefined): { readonly make: (id: string, settings: ChatSettings) => Model; readonly id: string } | undefined {
  const [, vendor = '', id = ''] = /^(deepseek|moonshot|evolink)\/(.+)$/.exec(model ?? '') ?? []
  const make = vendors[vendor]
  return make === undefined ? undefined : { make, id }
}

/** The model on its real endpoint; the key is looked up with the first request. */
export function onlineModel({ model: name = defaultModel, baseURL, apiKeyEnv }: ModelArguments, more: ChatSettings = {}): Model {
  const settings = { ...more, ...(baseURL !== undefined && { baseURL }), ...(apiKeyEnv !== undefined && { apiKeyEnv }) }
  const vendor = vendorOf(name)
  if (vendor !== undefined) return vendor.make(vendor.id, settings)
  const isEvolink = baseURL === undefined || evolinkProfiles.some(({ models }) => models.includes(name))
  if (isEvolink) return evolink(name, settings)
  return openaiCompatible({ apiKeyEnv: defaultKeyVariable, ...settings, baseURL, model: name })
}

async function offlineModel(args: RunArguments): Promise<ChosenModel> {
  const { startSimulator } = await import('@capstan/simulator')
  const simulator = await startSimulator({ chunkDelayMs: 4 })
  const reason = args.offline ? say`Offline, as requested` : say`No key was found in ${defaultKeyVariable}, so this runs offline`
  return {
    model: evolink(args.model ?? defaultModel, { baseURL: simulator.baseURL, apiKey: 'offline', ...toolSettings(args) }),
    note: say`${reason}: a local simulator answers, whose offline model is a rule-based stand-in and not a language model.`,
    close: () => simulator.close(),
  }
}
