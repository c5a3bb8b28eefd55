import { type Check, count, either, flag, json, list, number, numberFrom, object, oneOf, record, text, unknownKey } from '../options/shape.ts'
import { positionNames } from '../wire/positions.ts'
import type { FaultKind, FaultRule } from './fault.ts'
import { definitionOf, faultNames, isFaultName } from './fault-catalog.ts'
import type { FaultOption } from './fault-definition.ts'

const position: Check = (value, path) => {
  const check = typeof value === 'string' ? oneOf(positionNames) : either(object({ bytes: count }, ['bytes']), object({ event: count }, ['event']))
  return check(value, path)
}

const checks: { readonly [Option in Extract<FaultOption, string>]: Check } = {
  number,
  numbers: list(number),
  text,
  'number-or-text': either(number, text),
  boolean: flag,
  position,
  headers: record(text),
  json,
}

/** Checks a fault object against the definition of its kind. */
export const checkFault: Check = (value, path) => {
  if (typeof value === 'string') return `\`${path}\` must be an object such as { kind: 'status', status: 503 }. parseFault(${JSON.stringify(value)}) reads text`
  if (typeof value !== 'object' || value === null) return object({})(value, path)
  // Which keys it has, and what they hold, is what is checked here.
  const { kind, ...options } = value as Readonly<Record<string, unknown>>
  if (typeof kind === 'string' && isFaultName(kind)) return optionsProblem(kind, options, path)
  return kind === undefined ? `\`${path}\` needs the key \`kind\`, such as { kind: 'status', status: 503 }` : oneOf(faultNames)(kind, `${path}.kind`)
}

function optionsProblem(kind: FaultKind, options: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const { options: known, required = [], example } = definitionOf(kind)
  for (const [name, value] of Object.entries(options)) {
    const option = known[name]
    if (option === undefined) return unknownKey(name, path, ['kind', ...Object.keys(known)])
    const check = typeof option === 'string' ? checks[option] : oneOf(option)
    const found = value === undefined ? undefined : check(value, `${path}.${name}`)
    if (found !== undefined) return found
  }
  const missing = required.find((name) => options[name] === undefined)
  return missing === undefined ? undefined : `Fault '${kind}' needs \`${missing}\`, as in '${example}'`
}

/** Checks a rule: a fault, and which requests it affects. */
export const checkFaultRule: Check = (value, path) => {
  if (typeof value === 'object' && value !== null && 'kind' in value)
    return `\`${path}\` is a fault. A rule holds it in \`fault\`: { fault: { kind: … }, requests: [1] }`
  return rule(value, path)
}

const rule: Check = object<FaultRule>(
  {
    fault: checkFault,
    requests: either(list(numberFrom(1, Number.POSITIVE_INFINITY, true)), oneOf(['all', 'first'])),
    probability: numberFrom(0, 1),
  },
  ['fault'],
)
