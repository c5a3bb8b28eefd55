import { Random } from './random.ts'

/** One step that the task needs. Sizes are tokens. */
export interface WorkStep {
  /** What the model writes before its call: kept as reasoning. */
  readonly reasoningTokens: number
  readonly argumentTokens: number
  readonly resultTokens: number
  /** The earlier step whose result it needs again. */
  readonly needs?: number
}

/** The size of instructions and tools. */
export const headTokens = 9_000
/** Larger results are cut: 50 kB, at 3.5 characters for a token. */
const maxResultTokens = 14_000
const needProbability = 0.1
const reasoningShare = 0.7

/**
 * A task of `steps` steps. The distributions are assumptions, in the range of published agent traces: output log-normal with a mean of 535 tokens; results
 * log-normal with a median of 720 and a 90th percentile of 4,500; each tenth step needs an older result, whose age is log-uniform.
 */
export function createWorkload(steps: number, seed: number): readonly WorkStep[] {
  const random = new Random(seed)
  return Array.from({ length: steps }, (_, index) => {
    const output = Math.max(20, Math.round(random.logNormal(400, 0.76)))
    const resultTokens = Math.min(maxResultTokens, Math.max(5, Math.round(random.logNormal(720, 1.43))))
    const isNeeding = random.fraction() < needProbability && index > 0
    const age = random.logUniform(Math.max(1, index))
    const reasoningTokens = Math.round(output * reasoningShare)
    return { reasoningTokens, argumentTokens: output - reasoningTokens, resultTokens, ...(isNeeding && { needs: index - age }) }
  })
}

/** Text of so many tokens, as the simulator counts them, about 3.5 characters each. No two of them begin alike. */
export function textOf(tokens: number, label: number): string {
  const words = Array.from({ length: Math.max(1, tokens - 1) }, (_, index) => (index % 2 === 0 ? 'ab' : 'abc'))
  return `${letters(label)} ${words.join(' ')}`
}

/** A number in letters: one token. */
function letters(value: number): string {
  return [...String(value)].map((digit) => String.fromCharCode(97 + Number(digit))).join('')
}
