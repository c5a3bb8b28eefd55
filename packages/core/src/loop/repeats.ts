import type { ToolResultPart } from '../contract/messages.ts'

/** How often the last steps were exact repeats of each other: same calls, same outputs. */
export interface Repeats {
  readonly calls: string
  readonly outputs: readonly string[]
  readonly count: number
}

export const noRepeats: Repeats = { calls: '', outputs: [], count: 0 }

/** From this repetition on, the call does not run and the model gets a message. */
const tellAt = 3
/** At this one the run ends. */
export const endAt = 5

/** A call as the guard compares it: its tool, and the arguments as the model wrote them. */
export interface ComparedCall {
  readonly toolName: string
  readonly inputText: string
}

/** One text for all calls of a step. */
export function callsKey(calls: readonly ComparedCall[]): string {
  // Lengths keep texts apart that would join to the same.
  return calls.map(({ toolName, inputText }) => `${toolName.length}:${toolName}${inputText.length}:${inputText}`).join('')
}

/** True when these calls would be at least the third repetition with the same outputs. */
export function isRepeatedTooOften(repeats: Repeats, calls: string): boolean {
  return repeats.calls === calls && repeats.count + 1 >= tellAt
}

/** Counts a step. A step whose calls were not run because they repeat still counts. */
export function countRepeat(repeats: Repeats, calls: string, results: readonly ToolResultPart[]): Repeats {
  if (isRepeatedTooOften(repeats, calls)) return { ...repeats, count: repeats.count + 1 }
  // The text of a result that was cut names the result, so two equal results have different texts.
  const outputs = results.map((result) => result.complete?.hash ?? result.text)
  const isRepeat = repeats.calls === calls && outputs.length === repeats.outputs.length && outputs.every((text, index) => text === repeats.outputs[index])
  return { calls, outputs, count: isRepeat ? repeats.count + 1 : 1 }
}
