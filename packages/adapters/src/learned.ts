import type { ModelProfile, PassBack } from './profiles/profile.ts'
import type { EncodeMode } from './wire/encode-request.ts'
import type { ProviderError } from './wire/error-body.ts'

/** What an endpoint has shown that its profile does not say. */
export interface Learned {
  /** True once `stream_options` was refused. */
  refusesStreamUsage: boolean
  /** How reasoning goes back, once the endpoint has refused the profile's way. */
  passBack: PassBack | undefined
}

const maxEntries = 1_000
const memory = new Map<string, Learned>()

/** What is known of an endpoint and model in this process, beyond the profile. It holds no text and no key. */
export function learnedOf(baseURL: string, model: string): Learned {
  const key = JSON.stringify([baseURL, model])
  let learned = memory.get(key)
  if (learned === undefined) {
    learned = { refusesStreamUsage: false, passBack: undefined }
    if (memory.size >= maxEntries) memory.clear()
    memory.set(key, learned)
  }
  return learned
}

/** A refusal that may teach something. */
export interface Refusal {
  readonly status: number
  readonly said: ProviderError
  /** How the refused request was worded. */
  readonly mode: EncodeMode
  readonly profile: ModelProfile
}

/**
 * Learns from a refusal that names something we can word otherwise.
 *
 * @returns What is done from now on, in words, when the same request may be sent again; `undefined` otherwise.
 */
export function learn(learned: Learned, { status, said, mode, profile }: Refusal): string | undefined {
  if (status !== 400 && status !== 422) return undefined
  const names = `${said.param} ${said.message}`
  if (mode.stream && mode.streamUsage && /stream_options|include_usage/.test(names)) {
    learned.refusesStreamUsage = true
    return '`stream_options` is left out from now on'
  }
  const { field, flips } = profile.reasoning
  if (flips !== true || !names.includes(field)) return undefined
  const wanted: PassBack = mode.passBack === 'strip' || /missing|must be passed back|required/i.test(said.message) ? 'always' : 'strip'
  // Once: a refusal of both ways is an error.
  if (wanted === mode.passBack || (learned.passBack ?? wanted) !== wanted) return undefined
  learned.passBack = wanted
  return wanted === 'always' ? `\`${field}\` is sent back from now on` : `\`${field}\` is left out from now on`
}
