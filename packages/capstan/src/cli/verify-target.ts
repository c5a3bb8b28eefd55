import { endpoints, type ModelProfile, openaiCompatible, type ProfileName, profiles, type RawAnswer, sendRaw } from '@capstan/adapters'
import type { JsonObject, Model } from '@capstan/core'
import { UsageError } from './usage-error.ts'
import type { VerifyArguments } from './verify-arguments.ts'

/** What is verified: one model of one endpoint, against one profile. */
export interface Target {
  /** For people. */
  readonly id: string
  readonly model: string
  readonly profile: ModelProfile
  readonly profileName: string
  /** The wire name of the output limit. */
  readonly limitName: string
  /** The same model through the adapters: with everything that they do to a request. */
  readonly adapted: Model
  /** Requests that were sent as they are. */
  readonly requests: number
  /** Sends a body as it is, with the model's name. */
  send(body: JsonObject): Promise<RawAnswer>
}

const defaultModel = 'kimi-k2-thinking'

/**
 * Finds what is to be verified.
 *
 * @throws {UsageError} For a profile that is not known.
 */
export function targetOf(args: VerifyArguments, signal: AbortSignal): Target {
  const { model, baseURL, apiKeyEnv, found, name } = locate(args)
  const settings = { baseURL, ...(apiKeyEnv !== undefined && { apiKeyEnv }), timeouts: clocksOf(args) }
  let requests = 0
  return {
    id: `${name}/${model}`,
    model,
    profile: found.profile,
    profileName: found.name,
    limitName: found.profile.parameters.maxOutputTokens?.wire ?? 'max_tokens',
    adapted: openaiCompatible({ ...settings, model, profile: found.profile }),
    get requests() {
      return requests
    },
    send: async (body) => {
      requests++
      return await sendRaw(settings, { model, ...body }, signal)
    },
  }
}

function clocksOf({ maxSeconds }: VerifyArguments): { readonly firstContentMs: number; readonly queuedMs: number; readonly gapMs: number } {
  return { firstContentMs: maxSeconds * 1_000, queuedMs: maxSeconds * 1_000, gapMs: maxSeconds * 1_000 }
}

interface Located {
  readonly model: string
  readonly name: string
  readonly baseURL: string
  readonly apiKeyEnv: string | undefined
  readonly found: { readonly profile: ModelProfile; readonly name: string }
}

function locate({ model: given = defaultModel, baseURL, apiKeyEnv, profile }: VerifyArguments): Located {
  const [, vendor = 'evolink', id = given] = /^(evolink|deepseek|moonshot)\/(.+)$/.exec(given) ?? []
  const endpoint = vendor === 'deepseek' || vendor === 'moonshot' ? endpoints[vendor] : endpoints.evolink
  const own = endpoint.profiles.find(({ models }) => models.includes(id))
  const found = profile === undefined ? { profile: own ?? profiles.plain, name: own === undefined ? 'plain' : vendor } : named(profile)
  const isElsewhere = baseURL !== undefined && own === undefined
  return {
    model: id,
    name: baseURL === undefined || !URL.canParse(baseURL) ? vendor : new URL(baseURL).host,
    baseURL: baseURL ?? endpoint.baseURL,
    apiKeyEnv: apiKeyEnv ?? (isElsewhere && profile !== undefined ? undefined : endpoint.apiKeyEnv),
    found,
  }
}

function named(name: string): Located['found'] {
  if (!Object.hasOwn(profiles, name)) throw new UsageError(`There is no profile '${name}'. There are ${Object.keys(profiles).join(', ')}.`)
  // The line above has checked it.
  return { profile: profiles[name as ProfileName], name }
}
