import { CommandLine, UsageError } from '../command-line.ts'

/** The checked options of `verify`. */
export interface VerifyArguments {
  readonly model: string | undefined
  readonly baseURL: string | undefined
  readonly apiKeyEnv: string | undefined
  readonly profile: string | undefined
  readonly cases: string | undefined
  readonly reference: string | undefined
  readonly save: string | undefined
  readonly maxCases: number
  readonly maxSeconds: number
  readonly minAccuracy: number
  readonly minF1: number
  readonly only: 'probes' | 'cases' | undefined
  readonly json: boolean
}

const text = { type: 'string' } as const
const options = {
  model: text,
  'base-url': text,
  'api-key-env': text,
  profile: text,
  cases: text,
  reference: text,
  save: text,
  'max-cases': text,
  'max-seconds': text,
  'min-accuracy': text,
  'min-f1': text,
  only: text,
  json: { type: 'boolean' },
} as const

const ratio = { least: 0, most: 1, fraction: true }

/** @throws {UsageError} For an unknown option or a value out of range. */
export function parseVerifyArguments(args: readonly string[]): VerifyArguments {
  const line = new CommandLine(args, options)
  line.refuseWordsBeyond(0, 'verify')
  const only = line.oneOf('only', ['probes', 'cases'])
  const reference = line.text('reference')
  if (reference !== undefined && only === 'probes') throw new UsageError('--reference compares cases, but --only probes runs no cases.')
  return {
    model: line.text('model'),
    baseURL: line.text('base-url'),
    apiKeyEnv: line.text('api-key-env'),
    profile: line.text('profile'),
    cases: line.text('cases'),
    reference,
    save: line.text('save'),
    maxCases: line.number('max-cases', { least: 1, most: 10_000 }) ?? 100,
    maxSeconds: line.number('max-seconds', { least: 1, most: 3_600 }) ?? 120,
    minAccuracy: line.number('min-accuracy', ratio) ?? 0.95,
    minF1: line.number('min-f1', ratio) ?? 0.73,
    only,
    json: line.flag('json'),
  }
}
