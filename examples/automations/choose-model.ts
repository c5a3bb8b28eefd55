import { createLimiter, deepseek, evolink, type Limiter, type Model, moonshot, type Prices } from 'capstan'
import { offlineModel } from './support/offline-model.ts'

/** What the command line says about the model. */
export interface ModelChoice {
  /** `deepseek/ID`, `moonshot/ID` or `evolink/ID`. Default: the one whose key is set, or else the offline model. */
  readonly model?: string
  readonly baseURL?: string
  readonly prices?: Prices
  readonly concurrency: number
  readonly requestsPerMinute: number
  readonly tokensPerMinute?: number
}

/** Settings that every vendor takes. */
interface ModelSettings {
  readonly limiter: Limiter
  readonly baseURL?: string
  readonly prices?: Prices
}

/** A model, and what people should know about it. */
export interface ChosenModel {
  readonly model: Model
  readonly note?: string
  close(): Promise<void>
}

const vendors: Readonly<Record<string, { readonly make: (id: string, settings: ModelSettings) => Model; readonly key: string; readonly id: string }>> = {
  deepseek: { make: deepseek, key: 'DEEPSEEK_API_KEY', id: 'deepseek-flash' },
  moonshot: { make: moonshot, key: 'MOONSHOT_API_KEY', id: 'kimi-k2.6' },
  evolink: { make: evolink, key: 'EVOLINK_API_KEY', id: 'deepseek-chat' },
}

/**
 * Makes the model.
 *
 * @returns `undefined` for a name that no vendor has.
 */
export async function chooseModel(choice: ModelChoice, env: NodeJS.ProcessEnv): Promise<ChosenModel | undefined> {
  const name = choice.model ?? Object.entries(vendors).find(([, { key }]) => env[key])?.[0]
  if (name === undefined) return await offlineModel()
  const [vendor = '', ...id] = name.split('/')
  const found = Object.hasOwn(vendors, vendor) ? vendors[vendor] : undefined
  if (found === undefined) return undefined
  // region limiter
  const { concurrency, requestsPerMinute, tokensPerMinute } = choice
  // All requests of this process wait here, in their order; a Retry-After of the provider delays all of them.
  const limiter = createLimiter({ concurrency, requestsPerMinute, ...(tokensPerMinute !== undefined && { tokensPerMinute }) })
  // endregion
  const settings = { limiter, ...(choice.baseURL !== undefined && { baseURL: choice.baseURL }), ...(choice.prices !== undefined && { prices: choice.prices }) }
  return { model: found.make(id.join('/') || found.id, settings), close: async () => {} }
}
