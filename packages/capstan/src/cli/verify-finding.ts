/**
 * One thing that was looked at. `note`: it differs in a way that does no harm. `differs`: requests or answers would go wrong.
 * `failed`: it could not be looked at.
 */
export interface Finding {
  readonly probe: string
  readonly state: 'ok' | 'note' | 'differs' | 'failed' | 'skipped'
  readonly expected: string
  readonly seen: string
}

/** Room for a thinking model to think and to answer. */
export const outputTokens = 4_000

export const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Current weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string', description: 'Name of the city.' } }, required: ['city'] },
  },
} as const

/** A question that needs the tool. */
export const question = 'What is the weather in Oslo now? Use the tool get_weather.'

/** What a probe found, and what a later one needs of it. */
export interface Probed<Result = undefined> {
  readonly found: readonly Finding[]
  readonly result: Result
}

/** A state for something that has to be. */
export function yesNo(isSo: boolean): Pick<Finding, 'state'> {
  return { state: isSo ? 'ok' : 'differs' }
}
