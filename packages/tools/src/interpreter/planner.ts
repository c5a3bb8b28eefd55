import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject, resolveReference } from '@capstan/core/internal'
import { compilePattern, type Program } from '../patterns/program.ts'
import { PatternError, readPattern } from '../patterns/syntax.ts'
import { applicatorsOf } from './applicators.ts'
import { type Assertion, assertionMakers } from './assertions.ts'
import type { Plan, PlannedSchema } from './evaluation.ts'

/** Plans the schemas of one document. */
export class Planner {
  readonly #root: JsonObject
  /** Before draft 2019-09, a schema with `$ref` had no other keywords. */
  readonly #refIgnoresSiblings: boolean
  readonly #planned = new Map<Json, PlannedSchema>()

  constructor(root: JsonObject) {
    this.#root = root
    this.#refIgnoresSiblings = /draft-0[3467]/.test(String(root['$schema']))
  }

  /** The planned form of a schema. It is the same object for the same part of the document. */
  plan(schema: Json): PlannedSchema {
    const known = this.#planned.get(schema)
    if (known !== undefined) return known
    let plan: Plan | undefined
    const make = (): Plan => this.#makePlan(schema)
    const planned: PlannedSchema = {
      get plan() {
        plan ??= make()
        return plan
      },
    }
    this.#planned.set(schema, planned)
    return planned
  }

  /** The target of a reference. A reference without a target was refused when the tool was defined. */
  follow(reference: Json): PlannedSchema {
    const target = resolveReference(this.#root, reference)
    return this.plan(isJsonObject(target) || typeof target === 'boolean' ? (target as Json) : true)
  }

  /** The automaton of a pattern; `undefined` if the pattern cannot be parsed. */
  pattern(source: Json): Program | undefined {
    try {
      return compilePattern(readPattern(String(source)))
    } catch (error) {
      if (error instanceof PatternError) return undefined
      throw error
    }
  }

  #makePlan(schema: Json): Plan {
    if (!isJsonObject(schema)) {
      const refusal: Assertion = () => 'No value is allowed here.'
      return { assertions: schema === false ? [refusal] : [], applicators: [], allowsNull: false, units: 1 }
    }
    const { $ref: reference } = schema
    const own: JsonObject = this.#refIgnoresSiblings && reference !== undefined ? { $ref: reference } : schema
    const assertions = Object.entries(own).flatMap(([keyword, value]) => {
      const make = Object.hasOwn(assertionMakers, keyword) ? assertionMakers[keyword] : undefined
      return make?.(value, own) ?? []
    })
    const names = own['required']
    const units = 1 + assertions.length + (Array.isArray(names) ? names.length : 0)
    return { assertions, applicators: applicatorsOf(own, this), allowsNull: own['nullable'] === true, units }
  }
}
