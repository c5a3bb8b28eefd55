import type { Json, JsonObject } from '@capstan/core'
import { type Applicator, addIssues, childOf, type Issue, type OrderedApplicators, type PlannedSchema, type PlanSource } from './evaluation.ts'

/** The applicators that check the items of a list. */
export function arrayApplicators(schema: JsonObject, source: PlanSource): OrderedApplicators {
  const { items, prefixItems, contains, uniqueItems, unevaluatedItems } = schema
  // Before draft 2020-12, a tuple was a list of schemas in `items`.
  const tuple = Array.isArray(items) ? items : Array.isArray(prefixItems) ? prefixItems : []
  const rest = Array.isArray(items) ? schema['additionalItems'] : items
  const first: Applicator[] = []
  if (tuple.length > 0 || rest !== undefined) {
    const rules = { tuple: tuple.map((item: Json) => source.plan(item)), rest: rest === undefined ? undefined : source.plan(rest) }
    first.push(itemsOf(rules))
  }
  if (contains !== undefined) first.push(containing(source.plan(contains), schema))
  if (uniqueItems === true) first.push(distinct)
  return { first, last: unevaluatedItems === undefined ? [] : [remaining(source.plan(unevaluatedItems))] }
}

function itemsOf({ tuple, rest }: { readonly tuple: readonly PlannedSchema[]; readonly rest: PlannedSchema | undefined }): Applicator {
  return {
    of: 'array',
    *apply(part, { evaluation, seen }) {
      const issues: Issue[] = []
      const count = (part.value as readonly Json[]).length
      for (let index = 0; index < count; index++) {
        const schema = tuple[index] ?? rest
        if (schema === undefined) break
        addIssues(issues, yield* evaluation.checkChild(schema, part, { key: String(index), seen }))
      }
      return issues
    },
  }
}

function containing(schema: PlannedSchema, { minContains, maxContains }: JsonObject): Applicator {
  const [least, most] = [typeof minContains === 'number' ? minContains : 1, typeof maxContains === 'number' ? maxContains : Number.POSITIVE_INFINITY]
  return {
    of: 'array',
    *apply(part, { evaluation, seen }) {
      let count = 0
      for (const index of (part.value as readonly Json[]).keys()) {
        const outcome = yield* evaluation.check(schema, childOf(part, String(index)))
        if (outcome.issues.length > 0) continue
        count++
        seen?.add(String(index))
      }
      if (count < least) return [{ part, message: `Array must contain at least ${least} items matching schema. Only ${count} items were found.` }]
      return count > most ? [{ part, message: `Array may contain at most ${most} items matching schema. ${count} items were found.` }] : []
    },
  }
}

/** Equal items have equal texts, so one pass finds duplicates. */
const distinct: Applicator = {
  of: 'array',
  *apply(part, { evaluation }) {
    const indexes = new Map<string, number>()
    for (const [index, item] of (part.value as readonly Json[]).entries()) {
      const text = yield* evaluation.texts.of(item)
      if (evaluation.work.spend(1 + (text.length >> 4))) yield
      const other = indexes.get(text)
      if (other !== undefined) return [{ part, message: `Duplicate items at indexes ${other} and ${index}.` }]
      indexes.set(text, index)
    }
    return []
  },
}

function remaining(schema: PlannedSchema): Applicator {
  return {
    of: 'array',
    *apply(part, { evaluation, seen }) {
      const issues: Issue[] = []
      for (const index of (part.value as readonly Json[]).keys()) {
        const key = String(index)
        if (seen?.has(key) !== true) addIssues(issues, yield* evaluation.checkChild(schema, part, { key, seen }))
      }
      return issues
    },
  }
}
