import type { Json } from '@capstan/core'
import type { Steps } from '@capstan/core/internal'
import type { Program } from '../patterns/program.ts'
import type { Assertion } from './assertions.ts'
import { CanonicalTexts } from './equality.ts'
import type { Work } from './work.ts'

/** A part of the checked value. */
export interface Part {
  readonly value: Json
  /** The name or the index of the part in its parent; empty for the complete value. */
  readonly key: string
  readonly parent: Part | undefined
}

/** One problem of a part. */
export interface Issue {
  readonly part: Part
  readonly message: string
}

/** The result of checking a part against a schema. */
export interface Outcome {
  /** Empty for a part that fits. */
  readonly issues: readonly Issue[]
  /** Names and indexes of the children that the schema has evaluated, if `unevaluatedProperties` or `unevaluatedItems` needs them. */
  readonly seen: ReadonlySet<string> | undefined
}

/** A keyword that checks the children of a part, or checks the part against other schemas or in more than constant time. */
export interface Applicator {
  /** The kind of value that the keyword applies to. */
  readonly of: 'object' | 'array' | 'string' | 'any'
  apply(part: Part, context: ApplicatorContext): Steps<readonly Issue[]>
}

/** The context in which an applicator runs. */
export interface ApplicatorContext {
  readonly evaluation: Evaluation
  /** Receives the children that the keyword evaluates, if they are needed. */
  readonly seen: Set<string> | undefined
}

/** The key of a child, and the set that receives the key. */
export interface ChildContext {
  readonly key: string
  readonly seen: Set<string> | undefined
}

/** The form of a schema that is evaluated. */
export interface Plan {
  readonly assertions: readonly Assertion[]
  readonly applicators: readonly Applicator[]
  /** True if `null` fits, whatever else the schema says: `nullable` of OpenAPI 3.0. */
  readonly allowsNull: boolean
  /** The work that the assertions take. */
  readonly units: number
}

/** A schema that is planned when it is first needed, because schemas may be recursive. */
export interface PlannedSchema {
  readonly plan: Plan
}

/** Makes the planned forms of schemas and patterns. */
export interface PlanSource {
  plan(schema: Json): PlannedSchema
  follow(reference: Json): PlannedSchema
  pattern(source: Json): Program | undefined
}

/** Applicators in the order in which they must be evaluated. */
export interface OrderedApplicators {
  readonly first: readonly Applicator[]
  /** Those that need to know which children all others have evaluated. */
  readonly last: readonly Applicator[]
}

const maxIssues = 5_000
/** The most issues of all branches of a union together: otherwise each level of nested unions would multiply them. */
const maxUnionIssues = 100
/** The work that each remembered outcome costs, so that the bound of the work also bounds memory. */
const unitsOfKnowledge = 20
const fitting: Outcome = { issues: [], seen: undefined }

export interface EvaluationOptions {
  /** True if a schema needs to know which children other schemas have evaluated. */
  readonly tracksSeen: boolean
}

/** The check of one value: counts its work and remembers outcomes. */
export class Evaluation {
  readonly work: Work
  readonly texts: CanonicalTexts
  readonly #tracksSeen: boolean
  readonly #known = new WeakMap<object, Map<PlannedSchema, Outcome>>()

  constructor(work: Work, options: EvaluationOptions) {
    this.work = work
    this.texts = new CanonicalTexts(work)
    this.#tracksSeen = options.tracksSeen
  }

  *check({ plan }: PlannedSchema, part: Part): Steps<Outcome> {
    const { value } = part
    if (this.work.spend(plan.units + (typeof value === 'string' ? value.length >> 6 : 0))) yield
    if (value === null && plan.allowsNull) return fitting
    const issues: Issue[] = []
    for (const assertion of plan.assertions) {
      const message = assertion(value)
      if (message !== undefined) issues.push({ part, message })
    }
    const seen = this.#tracksSeen ? new Set<string>() : undefined
    for (const applicator of plan.applicators) {
      if (isOf(value, applicator.of)) addIssues(issues, yield* applicator.apply(part, { evaluation: this, seen }))
    }
    return seen === undefined && issues.length === 0 ? fitting : { issues, seen }
  }

  /**
   * Like `check`, but only once for each schema and value: through references, the same schema can be applied to the same value in
   * exponentially many ways.
   */
  *checkOnce(schema: PlannedSchema, part: Part): Steps<Outcome> {
    // The same object or list can be reached as several parts, so the value is the key. Any other value has no children, so the part is enough.
    const identity = typeof part.value === 'object' && part.value !== null ? part.value : part
    const outcomes = this.#known.get(identity) ?? new Map<PlannedSchema, Outcome>()
    const known = outcomes.get(schema)
    if (known !== undefined) return known
    const outcome = yield* this.check(schema, part)
    if (this.work.spend(unitsOfKnowledge)) yield
    outcomes.set(schema, outcome)
    this.#known.set(identity, outcomes)
    return outcome
  }

  /** Checks a child of a part, and marks it as evaluated. */
  *checkChild(schema: PlannedSchema, part: Part, { key, seen }: ChildContext): Steps<readonly Issue[]> {
    seen?.add(key)
    const { issues } = yield* this.check(schema, childOf(part, key))
    return issues
  }
}

/** Adds the children that another schema has evaluated for the same value. */
export function addSeen(seen: Set<string> | undefined, outcome: Outcome): void {
  for (const key of outcome.seen ?? []) seen?.add(key)
}

/** A child that exists. */
export function childOf(part: Part, key: string): Part {
  return { value: (part.value as Readonly<Record<string, Json>>)[key] ?? null, key, parent: part } // items of lists are read by key, too
}

function isOf(value: Json, kind: Applicator['of']): boolean {
  if (kind === 'any' || typeof value === kind) return kind === 'any' || kind === 'string' || (value !== null && !Array.isArray(value))
  return kind === 'array' && Array.isArray(value)
}

/** Adds issues to a list of bounded length. */
export function addIssues(issues: Issue[], more: readonly Issue[], most: number = maxIssues): void {
  for (const issue of more.slice(0, most - issues.length)) issues.push(issue)
}

/** Adds issues of a branch of a union. */
export function addUnionIssues(issues: Issue[], more: readonly Issue[]): void {
  addIssues(issues, more, maxUnionIssues)
}

/** The property names and indexes that lead to a part. */
export function pathOf(part: Part): readonly string[] {
  const path: string[] = []
  for (let at: Part = part; at.parent !== undefined; at = at.parent) path.push(at.key)
  return path.reverse()
}
