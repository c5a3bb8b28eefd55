import { type Position, positionNames } from '../wire/positions.ts'
import { checkFault } from './check-fault.ts'
import type { Fault, FaultRule } from './fault.ts'
import { type AnyFaultDefinition, definitionOf, faultHelp, isFaultName } from './fault-catalog.ts'
import type { FaultOption } from './fault-definition.ts'

/**
 * Reads a fault in the form of the command line: `name`, `name:value`, `name:key=value,key=value`.
 * The value of the first option may be written without its name. Positions are names, `byte-N` or `event-N`; `+` joins a list of numbers.
 *
 * @throws {Error} If the name or an option is not known (the message lists those that are), or a value does not fit.
 */
export function parseFault(text: string): Fault {
  const colon = text.indexOf(':')
  const name = (colon === -1 ? text : text.slice(0, colon)).trim()
  if (!isFaultName(name)) throw new Error(`Unknown fault '${name}'. Known faults: ${faultHelp.map((fault) => fault.example).join('; ')}`)
  const fault = { kind: name, ...parseOptions(name, definitionOf(name), colon === -1 ? '' : text.slice(colon + 1)) }
  const problem = checkFault(fault, name)
  if (problem !== undefined) throw new Error(`${problem}.`)
  // The definition of this kind was used to read the options, and the fault was checked against it.
  return fault as unknown as Fault
}

/**
 * Reads a fault and the requests that it affects: the form of `parseFault` with `requests=1+3` (or `first`, `all`) and
 * `probability=0.2` among its options.
 *
 * @throws {Error} As `parseFault`.
 */
export function parseFaultRule(text: string): FaultRule {
  const requests = /[:,]requests=([^,]*)/.exec(text)?.[1]
  const probability = /[:,]probability=([^,]*)/.exec(text)?.[1]
  const bare = text.replace(/([:,])(?:requests|probability)=[^,]*/g, (_, sign: string) => (sign === ':' ? ':' : '')).replace(/:,/, ':')
  return {
    fault: parseFault(bare.replace(/:$/, '')),
    ...(requests !== undefined && { requests: parseRequests(requests) }),
    ...(probability !== undefined && { probability: parseProbability(probability) }),
  }
}

function parseRequests(text: string): readonly number[] | 'all' | 'first' {
  if (text === 'all' || text === 'first') return text
  return text.split('+').map((item) => parseNumber('requests', item))
}

function parseProbability(text: string): number {
  const value = parseNumber('probability', text)
  if (value < 0 || value > 1) throw new Error(`'${text}' does not fit probability: a number from 0 to 1.`)
  return value
}

type OptionValue = string | number | boolean | Position | readonly number[]

function parseOptions(name: string, definition: AnyFaultDefinition, text: string): Record<string, OptionValue> {
  const parsed: Record<string, OptionValue> = {}
  for (const [index, item] of text.split(',').entries()) {
    if (item.trim() === '') continue
    const { key, value } = splitItem(item, index, definition)
    const option = definition.options[key]
    const isCodeOnly = option === 'headers' || option === 'json'
    if (option === undefined || isCodeOnly)
      throw new Error(`Fault '${name}' does not understand '${item.trim()}': ${optionList(definition)}, as in '${definition.example}'.`)
    parsed[key] = parseValue(`${name}:${key}`, option, value)
  }
  return parsed
}

function optionList(definition: AnyFaultDefinition): string {
  const known = Object.entries(definition.options).flatMap(([name, option]) => (option === 'headers' || option === 'json' ? [] : [name]))
  return known.length === 0 ? 'it takes no options' : `its options are ${known.join(', ')}`
}

/** The name and the value of an option; the first may be written without its name. */
function splitItem(item: string, index: number, definition: AnyFaultDefinition): { readonly key: string; readonly value: string } {
  const [first = ''] = index === 0 ? Object.keys(definition.options) : []
  const equals = item.indexOf('=')
  const key = item.slice(0, Math.max(0, equals)).trim()
  // An equals sign in a text that needs no name is part of the text.
  const isBareText = definition.options[first] === 'text' && definition.options[key] === undefined
  return equals === -1 || isBareText ? { key: first, value: item.trim() } : { key, value: item.slice(equals + 1).trim() }
}

function parseValue(where: string, option: Exclude<FaultOption, 'headers' | 'json'>, text: string): OptionValue {
  if (option === 'text') return text
  // A number that is not written in the usual way, such as 01, stays as it is.
  if (option === 'number-or-text') return String(Number(text)) === text ? Number(text) : text
  if (option === 'number') return parseNumber(where, text)
  if (option === 'numbers') return text.split('+').map((item) => parseNumber(where, item))
  if (option === 'position') return parsePosition(where, text)
  const allowed = option === 'boolean' ? ['true', 'false'] : option
  if (!allowed.includes(text)) throw new Error(`'${text}' does not fit ${where}: one of ${allowed.join(', ')}.`)
  return option === 'boolean' ? text === 'true' : text
}

function parseNumber(where: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`'${text}' does not fit ${where}: a number.`)
  return value
}

function parsePosition(where: string, text: string): Position {
  const named = positionNames.find((name) => name === text)
  if (named !== undefined) return named
  const counted = /^(byte|event)-(\d+)$/.exec(text)
  if (counted === null) throw new Error(`'${text}' does not fit ${where}: one of ${positionNames.join(', ')}, byte-N, event-N.`)
  return counted[1] === 'byte' ? { bytes: Number(counted[2]) } : { event: Number(counted[2]) }
}
