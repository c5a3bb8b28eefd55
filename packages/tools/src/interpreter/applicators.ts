import type { Json, JsonObject } from '@capstan/core'
import type { Steps } from '@capstan/core/internal'
import { hasMatch } from '../patterns/match.ts'
import { arrayApplicators } from './array-applicators.ts'
import { type Applicator, addSeen, addUnionIssues, type Evaluation, type Issue, type PlannedSchema, type PlanSource } from './evaluation.ts'
import { objectApplicators } from './object-applicators.ts'

const maxShownValues = 300

/** The applicators of a schema. Those that need to know which children the others have seen come last. */
export function applicatorsOf(schema: JsonObject, source: PlanSource): readonly Applicator[] {
  const objects = objectApplicators(schema, source)
  const arrays = arrayApplicators(schema, source)
  return [...valueApplicators(schema, source), ...inPlaceApplicators(schema, source), ...objects.first, ...arrays.first, ...objects.last, ...arrays.last]
}

function* valueApplicators(schema: JsonObject, source: PlanSource): Generator<Applicator> {
  const { enum: values, const: value, pattern } = schema
  if (Array.isArray(values)) yield oneOfValues(values, 'any of ')
  if (value !== undefined) yield oneOfValues([value], '')
  const program = pattern === undefined ? undefined : source.pattern(pattern)
  if (program === undefined) return
  yield {
    of: 'string',
    *apply(part, { evaluation }) {
      const isMatch = yield* hasMatch(program, String(part.value), evaluation.work)
      return isMatch ? [] : [{ part, message: `String does not match pattern ${JSON.stringify(pattern)}.` }]
    },
  }
}

function oneOfValues(values: readonly Json[], words: string): Applicator {
  let texts: ReadonlySet<string> | undefined
  const shown = JSON.stringify(words === '' ? values[0] : values).slice(0, maxShownValues)
  return {
    of: 'any',
    *apply(part, { evaluation }) {
      texts ??= yield* allTexts(values, evaluation)
      return texts.has(yield* evaluation.texts.of(part.value)) ? [] : [{ part, message: `Instance does not match ${words}${shown}.` }]
    },
  }
}

function* allTexts(values: readonly Json[], { texts }: Evaluation): Steps<ReadonlySet<string>> {
  const all = new Set<string>()
  for (const value of values) all.add(yield* texts.of(value))
  return all
}

/** Applicators of keywords that check the same value against other schemas. */
function* inPlaceApplicators(schema: JsonObject, source: PlanSource): Generator<Applicator> {
  for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) if (schema[keyword] !== undefined) yield sameValue(source.follow(schema[keyword]), true)
  const { allOf, anyOf, oneOf, not: negated, if: condition } = schema
  const planAll = (list: readonly Json[]): readonly PlannedSchema[] => list.map((branch) => source.plan(branch))
  if (Array.isArray(allOf)) yield* planAll(allOf).map((part) => sameValue(part, false))
  if (Array.isArray(anyOf)) yield union(planAll(anyOf), false)
  if (Array.isArray(oneOf)) yield union(planAll(oneOf), true)
  if (negated !== undefined) yield negation(source.plan(negated))
  if (condition !== undefined) yield conditional(source.plan(condition), [source.plan(schema['then'] ?? true), source.plan(schema['else'] ?? true)])
}

/** Checks the same value against another schema. With `isShared`, only once for each value, because references can multiply. */
function sameValue(target: PlannedSchema, isShared: boolean): Applicator {
  return {
    of: 'any',
    *apply(part, { evaluation, seen }) {
      const outcome = yield* isShared ? evaluation.checkOnce(target, part) : evaluation.check(target, part)
      addSeen(seen, outcome)
      return outcome.issues
    },
  }
}

/** Reports the issues of the branches of a union, which say more than that no branch fits. */
function union(branches: readonly PlannedSchema[], isExclusive: boolean): Applicator {
  return {
    of: 'any',
    *apply(part, { evaluation, seen }) {
      const issues: Issue[] = []
      let fitting = 0
      for (const branch of branches) {
        const outcome = yield* evaluation.check(branch, part)
        addUnionIssues(issues, outcome.issues)
        if (outcome.issues.length > 0) continue
        fitting++
        addSeen(seen, outcome)
        if (!isExclusive && seen === undefined) break
      }
      if (fitting === 0) return issues
      return isExclusive && fitting > 1 ? [{ part, message: `Instance does not match exactly one subschema (${fitting} matches).` }] : []
    },
  }
}

function negation(negated: PlannedSchema): Applicator {
  return {
    of: 'any',
    *apply(part, { evaluation }) {
      const { issues } = yield* evaluation.check(negated, part)
      return issues.length > 0 ? [] : [{ part, message: 'Instance matched "not" schema.' }]
    },
  }
}

function conditional(condition: PlannedSchema, [consequence, alternative]: readonly [PlannedSchema, PlannedSchema]): Applicator {
  return {
    of: 'any',
    *apply(part, context) {
      const outcome = yield* context.evaluation.check(condition, part)
      if (outcome.issues.length === 0) addSeen(context.seen, outcome)
      return yield* sameValue(outcome.issues.length === 0 ? consequence : alternative, false).apply(part, context)
    },
  }
}
