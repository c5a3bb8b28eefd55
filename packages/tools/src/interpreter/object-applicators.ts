import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject, type Steps } from '@capstan/core/internal'
import { hasMatch } from '../patterns/match.ts'
import type { Program } from '../patterns/program.ts'
import {
  type Applicator,
  type ApplicatorContext,
  addIssues,
  addSeen,
  type Issue,
  type OrderedApplicators,
  type Part,
  type PlannedSchema,
  type PlanSource,
} from './evaluation.ts'

/** The applicators that check the properties of an object. */
export function objectApplicators(schema: JsonObject, source: PlanSource): OrderedApplicators {
  const { properties, patternProperties, additionalProperties, propertyNames, unevaluatedProperties } = schema
  const first: Applicator[] = []
  if (isJsonObject(properties) || isJsonObject(patternProperties) || additionalProperties !== undefined) first.push(propertiesOf(schema, source))
  if (propertyNames !== undefined) first.push(namesOf(source.plan(propertyNames)))
  for (const dependent of [schema['dependentSchemas'], schema['dependencies']]) {
    for (const [name, other] of Object.entries(isJsonObject(dependent) ? dependent : {})) {
      if (!Array.isArray(other)) first.push(dependencyOf(name, source.plan(other)))
    }
  }
  return { first, last: unevaluatedProperties === undefined ? [] : [remaining(unevaluatedProperties, source)] }
}

interface PropertyRules {
  readonly named: ReadonlyMap<string, PlannedSchema>
  readonly patterns: readonly { readonly program: Program | undefined; readonly schema: PlannedSchema }[]
  readonly others: Json | undefined
  readonly otherSchema: PlannedSchema
}

function propertiesOf({ properties, patternProperties, additionalProperties }: JsonObject, source: PlanSource): Applicator {
  const named = Object.entries(isJsonObject(properties) ? properties : {})
  const patterns = Object.entries(isJsonObject(patternProperties) ? patternProperties : {})
  const rules: PropertyRules = {
    named: new Map(named.map(([name, schema]) => [name, source.plan(schema)])),
    patterns: patterns.map(([pattern, schema]) => ({ program: source.pattern(pattern), schema: source.plan(schema) })),
    others: additionalProperties,
    otherSchema: source.plan(additionalProperties ?? true),
  }
  return {
    of: 'object',
    *apply(part, context) {
      const issues: Issue[] = []
      for (const key of Object.keys(part.value as object)) {
        if (context.evaluation.work.spend(1)) yield
        addIssues(issues, yield* checkProperty(rules, part, { ...context, key }))
      }
      return issues
    },
  }
}

type PropertyContext = ApplicatorContext & { readonly key: string }

function* checkProperty({ named, patterns, others, otherSchema }: PropertyRules, part: Part, context: PropertyContext): Steps<readonly Issue[]> {
  const { evaluation, key } = context
  const issues: Issue[] = []
  const own = named.get(key)
  if (own !== undefined) addIssues(issues, yield* evaluation.checkChild(own, part, context))
  let isKnown = own !== undefined
  for (const { program, schema } of patterns) {
    // A pattern that cannot be read may match.
    const isMatch = program !== undefined && (yield* hasMatch(program, key, evaluation.work))
    isKnown ||= isMatch || program === undefined
    if (isMatch) addIssues(issues, yield* evaluation.checkChild(schema, part, context))
  }
  if (isKnown || others === undefined) return issues
  if (others === false) return [{ part, message: `Property ${JSON.stringify(key)} is not allowed.` }]
  return yield* evaluation.checkChild(otherSchema, part, context)
}

function namesOf(schema: PlannedSchema): Applicator {
  return {
    of: 'object',
    *apply(part, { evaluation }) {
      const issues: Issue[] = []
      for (const name of Object.keys(part.value as object)) {
        const outcome = yield* evaluation.check(schema, { value: name, key: name, parent: part })
        const [problem] = outcome.issues
        if (problem !== undefined) addIssues(issues, [{ part, message: `Property name ${JSON.stringify(name)} is not allowed. ${problem.message}` }])
      }
      return issues
    },
  }
}

function dependencyOf(name: string, schema: PlannedSchema): Applicator {
  return {
    of: 'object',
    *apply(part, { evaluation, seen }) {
      if (!Object.hasOwn(part.value as object, name)) return []
      const outcome = yield* evaluation.check(schema, part)
      addSeen(seen, outcome)
      return outcome.issues
    },
  }
}

function remaining(rule: Json, source: PlanSource): Applicator {
  const schema = source.plan(rule)
  return {
    of: 'object',
    *apply(part, context) {
      const issues: Issue[] = []
      for (const key of Object.keys(part.value as object).filter((name) => context.seen?.has(name) !== true)) {
        if (context.evaluation.work.spend(1)) yield
        if (rule === false) addIssues(issues, [{ part, message: `Property ${JSON.stringify(key)} is not allowed.` }])
        else addIssues(issues, yield* context.evaluation.checkChild(schema, part, { key, seen: context.seen }))
      }
      return issues
    },
  }
}
