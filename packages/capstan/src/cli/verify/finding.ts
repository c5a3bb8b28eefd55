/**
 * Result of one check. `note`: the endpoint differs from its profile without harm. `differs`: requests or replies would go wrong.
 * `failed`: the check could not be made.
 */
export interface Finding {
  readonly probe: string
  readonly state: 'ok' | 'note' | 'differs' | 'failed' | 'skipped'
  readonly expected: string
  readonly seen: string
}

/** The findings of a probe, and a result that a later probe needs. */
export interface Probed<Result = undefined> {
  readonly found: readonly Finding[]
  readonly result: Result
}

/** The findings of a probe without a result for later probes. */
export function found(...findings: readonly Finding[]): Probed {
  return { found: findings, result: undefined }
}

/** The state of a check that must succeed. */
export function okIf(isMet: boolean): Pick<Finding, 'state'> {
  return { state: isMet ? 'ok' : 'differs' }
}

export const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Current weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string', description: 'Name of the city.' } }, required: ['city'] },
  },
} as const

/** A message that needs the tool. */
export const weatherQuestion = { role: 'user', content: 'What is the weather in Oslo now? Use the tool get_weather.' } as const

/** A message that does not need the tool. */
export const shortQuestion = { role: 'user', content: 'Reply with the one word: ok' } as const
