import { dialects } from '../dialects/dialect-of.ts'
import type { CacheRule, ParameterRule, SimulatedModel } from '../models/simulated-model.ts'
import type { Overflow, RefusalRules } from '../rules/refusal-rules.ts'
import { type Check, either, flag, limit, list, number, object, oneOf, pattern, record, type Shape, text } from './shape.ts'

const message: Check = either(text, object({ status: number, text, type: text }, ['status', 'text']))

const refusals: Shape<RefusalRules> = {
  refusedParameter: message,
  invalidParameter: message,
  lockedParameter: message,
  forcedChoice: message,
  choiceNeedsTools: message,
  streamOptionsAlone: message,
  logprobsAlone: message,
  jsonWord: message,
  jsonSchema: message,
  unknownRole: message,
  emptyAssistant: object({ message, blank: either(flag, oneOf(['spaces'])) }, ['message', 'blank']),
  emptyText: message,
  missingContent: message,
  unknownPart: message,
  remoteImage: message,
  toolParts: message,
  orphanResult: message,
  missingResult: message,
  brokenArguments: object({ message, parser: oneOf(['python', 'nlohmann', 'none']) }, ['message', 'parser']),
  missingReasoning: message,
  successiveRoles: message,
  refusedReasoning: message,
  refusedCallId: message,
  oldTokenLimit: message,
  noTools: message,
  overflow: object<Overflow>({ prompt: message, together: message, tellsLeast: flag, fields: object({ context: text, prompt: text }, ['context', 'prompt']) }, [
    'prompt',
  ]),
}

type Rules = { readonly [Kind in ParameterRule['kind']]: Shape<Omit<Extract<ParameterRule, { readonly kind: Kind }>, 'kind'>> }

const parameterRules: Rules = {
  number: { minimum: number, maximum: number },
  integer: { minimum: number, maximum: number },
  boolean: {},
  locked: { value: number, withoutThinking: number },
  text: { pattern },
  'one-of': { values: list(text) },
  'tool-choice': { values: list(text), named: flag },
  'typed-object': { types: list(text), message: text },
  strings: { maxItems: limit, maxBytesEach: limit },
  object: {},
  structure: {},
  refused: {},
}

const parameterRule: Check = (value, path) => {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  const kinds = oneOf(Object.keys(parameterRules))
  const problem = kinds(kind, `${path}.kind`)
  if (problem !== undefined) return problem
  // The line above has checked that this is the name of a rule.
  return object<object>({ kind: kinds, ...parameterRules[kind as ParameterRule['kind']] })(value, path)
}

/** Checks a model that replaces those of an endpoint. */
export const checkModel: Check = object<SimulatedModel>(
  {
    id: text,
    family: oneOf(Object.keys(dialects)),
    owner: text,
    source: text,
    thinking: oneOf(['always', 'when-enabled', 'unless-disabled', 'never']),
    contextTokens: limit,
    parameters: record(parameterRule),
    unlisted: record(parameterRule),
    refusals: object(refusals, ['refusedParameter', 'invalidParameter', 'lockedParameter']),
    forcesWhileThinking: flag,
    maxTools: limit,
    toolName: pattern,
    looseTools: flag,
    schemaFlavour: oneOf(['always', 'strict']),
    strictTools: flag,
    contentParts: list(text),
    partial: either(flag, oneOf(['prefix'])),
    needsOwnIds: flag,
    callIds: oneOf(['kimi']),
    toolsWithoutChoice: flag,
    cache: object<CacheRule>({ granularityTokens: limit, minimumTokens: limit, replies: flag, lifetimeMs: either(record(limit), limit) }, [
      'granularityTokens',
      'minimumTokens',
    ]),
  },
  ['id', 'family', 'thinking', 'contextTokens', 'parameters', 'unlisted', 'refusals', 'maxTools', 'toolName', 'contentParts', 'partial', 'cache'],
)
