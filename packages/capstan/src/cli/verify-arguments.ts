import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

/** Options of `verify`, checked. */
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

/** @throws {UsageError} For an unknown option or a value out of range. */
export function parseVerifyArguments(args: readonly string[]): VerifyArguments {
  const values = parse(args)
  const { only } = values
  if (only !== undefined && only !== 'probes' && only !== 'cases') throw new UsageError(`--only takes probes or cases, not '${only}'.`)
  if (values.reference !== undefined && only === 'probes') throw new UsageError('--reference compares cases, which --only probes leaves out.')
  return {
    model: values.model,
    baseURL: values['base-url'],
    apiKeyEnv: values['api-key-env'],
    profile: values.profile,
    cases: values.cases,
    reference: values.reference,
    save: values.save,
    maxCases: numberOf('--max-cases', values['max-cases'], { least: 1, most: 10_000 }) ?? 100,
    maxSeconds: numberOf('--max-seconds', values['max-seconds'], { least: 1, most: 3_600 }) ?? 120,
    minAccuracy: numberOf('--min-accuracy', values['min-accuracy'], { least: 0, most: 1 }) ?? 0.95,
    minF1: numberOf('--min-f1', values['min-f1'], { least: 0, most: 1 }) ?? 0.73,
    only,
    json: values.json === true,
  }
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    // The parser's own sentence names the option.
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function numberOf(name: string, value: string | undefined, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  const isWhole = most > 1
  if (!/^\d+(?:\.\d+)?$/.test(value) || number < least || number > most || (isWhole && !Number.isInteger(number))) {
    throw new UsageError(`${name} takes a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, not '${value}'.`)
  }
  return number
}
