import { endpoints, type ModelProfile, openaiCompatible, type ProfileName, parameterRule, profiles, sendRaw } from '@capstan/adapters'
import type { JsonObject, Model } from '@capstan/core'
import { UsageError } from '../command-line.ts'
import type { VerifyArguments } from './arguments.ts'
import { readWire, type WireReply } from './wire-reply.ts'

/** Output tokens of a probe: enough for reasoning and a reply. */
const outputTokens = 4_000

/** What is verified: one model at one endpoint, against one profile. */
export interface Target {
  /** For people. */
  readonly id: string
  readonly profile: ModelProfile
  readonly profileName: string
  /** The name of the output limit in requests. */
  readonly limitName: string
  /** The same model through the adapters, which encode and adapt its requests. */
  readonly adapted: Model
  /** Number of requests that `send` has sent. */
  readonly requests: number
  /** Sends a body with the name of the model, without streaming and with 4,000 output tokens unless the body says otherwise. */
  send(body: JsonObject): Promise<WireReply>
}

const defaultModel = 'kimi-k2-thinking'

/**
 * Finds the model, endpoint and profile to verify.
 *
 * @throws {UsageError} For an unknown profile.
 */
export function targetOf(args: VerifyArguments, signal: AbortSignal): Target {
  const { model, baseURL, apiKeyEnv, profile, profileName, endpointName } = locate(args)
  const ms = args.maxSeconds * 1_000
  const settings = { baseURL, ...(apiKeyEnv !== undefined && { apiKeyEnv }), timeouts: { firstContentMs: ms, queuedMs: ms, gapMs: ms } }
  const limitName = parameterRule('maxOutputTokens', profile)?.wire ?? 'max_tokens'
  let requests = 0
  return {
    id: `${endpointName}/${model}`,
    profile,
    profileName,
    limitName,
    adapted: openaiCompatible({ ...settings, model, profile }),
    get requests() {
      return requests
    },
    send: async (body) => {
      requests++
      return readWire(await sendRaw(settings, { model, stream: false, [limitName]: outputTokens, ...body }, signal))
    },
  }
}

interface Located {
  readonly model: string
  readonly endpointName: string
  readonly baseURL: string
  readonly apiKeyEnv: string | undefined
  readonly profile: ModelProfile
  readonly profileName: string
}

function locate({ model: given = defaultModel, baseURL, apiKeyEnv, profile: wanted }: VerifyArguments): Located {
  const [, vendor = 'evolink', model = given] = /^(evolink|deepseek|moonshot)\/(.+)$/.exec(given) ?? []
  const endpoint = vendor === 'deepseek' || vendor === 'moonshot' ? endpoints[vendor] : endpoints.evolink
  const own = endpoint.profiles.find(({ models }) => models.includes(model))
  const isElsewhere = baseURL !== undefined && own === undefined
  return {
    model,
    endpointName: baseURL === undefined || !URL.canParse(baseURL) ? vendor : new URL(baseURL).host,
    baseURL: baseURL ?? endpoint.baseURL,
    apiKeyEnv: apiKeyEnv ?? (isElsewhere && wanted !== undefined ? undefined : endpoint.apiKeyEnv),
    profile: wanted === undefined ? (own ?? profiles.plain) : profileNamed(wanted),
    profileName: wanted ?? (own === undefined ? 'plain' : vendor),
  }
}

function profileNamed(name: string): ModelProfile {
  if (!Object.hasOwn(profiles, name)) throw new UsageError(`There is no profile '${name}'. There are ${Object.keys(profiles).join(', ')}.`)
  // The line above checks the name.
  return profiles[name as ProfileName]
}
