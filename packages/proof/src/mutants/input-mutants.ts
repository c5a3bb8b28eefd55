import { type Mutant, mutantsOf } from './mutant.ts'

const { interpreter, patterns, input, calculator, contract } = {
  interpreter: 'packages/tools/src/interpreter',
  patterns: 'packages/tools/src/patterns',
  input: 'packages/tools/src/input',
  calculator: 'packages/tools/src/calculator',
  contract: 'packages/core/src/contract',
}
const schemaTest = `${interpreter}/interpreter.test.ts`
const patternTest = `${patterns}/patterns.test.ts`
const foreignTest = 'packages/tools/src/schema/foreign-schemas.test.ts'
const asAnotherValidator = 'any value fits any schema if and only if another validator accepts it'

/** Faults in the interpreter of JSON Schema and in its patterns. */
const schemaMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${interpreter}/array-applicators.ts`, test: schemaTest }, [
    {
      name: 'each item is compared with each other one',
      search: 'const other = indexes.get(text)',
      replace: 'for (const _ of indexes) if (evaluation.work.spend(1)) yield\n      const other = indexes.get(text)',
      killer: 'is linear in the value',
    },
    { name: 'equal items are distinct', search: 'if (other !== undefined) return [', replace: 'if (other === index) return [', killer: 'uniqueItems' },
  ]),
  ...mutantsOf({ file: `${interpreter}/evaluation.ts`, test: schemaTest }, [
    {
      name: 'references are followed each time',
      search: 'outcomes.set(schema, outcome)',
      replace: 'void outcome',
      killer: 'references that reach one value in exponentially many ways are followed once',
    },
    {
      name: 'a value that may be null is checked all the same',
      search: 'if (value === null && plan.allowsNull) return fitting',
      replace: '',
      killer: 'nullable beside a reference is read, and sent as a union',
      test: foreignTest,
    },
  ]),
  ...mutantsOf({ file: `${interpreter}/applicators.ts`, test: schemaTest }, [
    { name: 'two branches of oneOf may fit', search: 'isExclusive && fitting > 1 ?', replace: 'isExclusive && fitting > 2 ?', killer: asAnotherValidator },
    { name: 'not is ignored', search: 'return issues.length > 0 ? [] :', replace: 'return issues.length >= 0 ? [] :', killer: asAnotherValidator },
    { name: 'a pattern is not looked at', search: 'return isMatch ? [] :', replace: 'return isMatch || true ? [] :', killer: asAnotherValidator },
  ]),
  ...mutantsOf({ file: `${interpreter}/object-applicators.ts`, test: schemaTest }, [
    {
      name: 'properties that were evaluated are evaluated again',
      search: 'filter((name) => context.seen?.has(name) !== true)',
      replace: 'filter(() => true)',
      killer: 'unevaluatedProperties',
    },
  ]),
  ...mutantsOf({ file: `${interpreter}/assertions.ts`, test: schemaTest }, [
    { name: 'length is counted in UTF-16 units', search: 'return value.length - pairs', replace: 'return value.length', killer: 'lengths in code points' },
    {
      name: 'multiples are those of doubles',
      search: 'return scaled(first) % scaled(second) === 0n',
      replace: 'return Number(scaled(first)) >= 0 && value % divisor === 0',
      killer: 'multipleOf',
    },
    {
      name: 'exclusiveMaximum of draft 4 is ignored',
      search: 'exclusiveMaximum === true ? lessThan(most)',
      replace: 'exclusiveMaximum === null ? lessThan(most)',
      killer: 'exclusiveMaximum of draft 4',
      test: foreignTest,
    },
  ]),
  ...mutantsOf({ file: `${interpreter}/work.ts` }, [
    {
      name: 'a check takes any amount of work',
      search: 'if (this.#done > this.#limit) throw',
      replace: 'if (this.#done > this.#limit * 1_000) throw',
      killer: 'a check that would take too much work ends with a problem',
      test: schemaTest,
    },
    {
      name: 'a check never pauses',
      search: 'if (this.#done < this.#pauseAt) return false',
      replace: 'if (this.#done >= 0) return false',
      killer: 'a match pauses after each slice of its work',
      test: patternTest,
    },
  ]),
  ...mutantsOf({ file: `${patterns}/match.ts`, test: patternTest }, [
    {
      name: 'a match begins at the start only',
      search: 'this.#waiting.push(0)',
      replace: 'if (this.#position === 0) this.#waiting.push(0)',
      killer: 'any pattern matches what JavaScript matches',
    },
    {
      name: 'negated lookaheads are not negated',
      search: '=== 1) !== instruction.isNegated)',
      replace: '=== 1) !== (instruction.isNegated && false))',
      killer: 'any pattern matches what JavaScript matches',
    },
    {
      name: 'the work of a match is not counted',
      search: '    if (scan.isMatched) return true\n    if (work.spend(scan.units)) yield',
      replace: '    if (scan.isMatched) return true\n    if (work.spend(0)) yield',
      killer: 'a match pauses after each slice of its work',
    },
  ]),
  ...mutantsOf({ file: `${patterns}/program.ts`, test: patternTest }, [
    {
      name: 'counted repetitions may be of any size',
      search: 'const maxSteps = 20_000',
      replace: 'const maxSteps = 2_000_000',
      killer: 'is refused when it is read, not when it is matched',
    },
  ]),
  ...mutantsOf({ file: `${patterns}/syntax.ts`, test: patternTest }, [
    {
      name: 'flags of a group hold after it',
      search: '    this.#flags = outer\n    return body',
      replace: '    return body',
      killer: 'of another language is read',
    },
    {
      name: 'a back reference is a digit',
      search: 'if (this.#match(/\\\\(?:[1-9]|k<)/y) !== undefined) throw',
      replace: 'if (this.#match(/\\\\k</y) !== undefined) throw',
      killer: 'is refused when it is read, not when it is matched',
    },
  ]),
]

const exactTest = `${contract}/exact-json.test.ts`
const digitsTest = `${input}/exact-numbers.test.ts`

/** Faults in what keeps the digits of a number. */
const numberMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${contract}/exact-json.ts`, test: exactTest }, [
    {
      name: 'texts without a long run of digits are not read',
      search: 'const mayDiffer = /[\\d.]{16}|',
      replace: 'const mayDiffer = /[\\d.]{30}|',
      killer: 'an integer that a double would change is refused in',
    },
    {
      name: 'a number in place of a string is written as JavaScript writes it',
      search: '(takesNumber(position) || String(Number(text)) === text)',
      replace: '(takesNumber(position) || isExact)',
      killer: 'where only a string is taken is these characters',
    },
    {
      name: 'the first of two values under one name counts',
      search: 'if (this.#strings.size > 0) this.#strings.delete(toPointer(this.#path()))',
      replace: '',
      killer: 'where a name is repeated, the last value counts',
    },
    {
      name: 'numbers too large for a double are infinite',
      search: 'if (!Number.isFinite(value)) return false',
      replace: 'if (!Number.isFinite(value)) return true',
      killer: 'is refused for a number and is its text for a string',
    },
  ]),
  ...mutantsOf({ file: `${input}/coerce.ts`, test: digitsTest }, [
    {
      name: 'numbers in JSON in a string are rounded',
      search: "return 'value' in read ? read.value : undefined",
      replace: "return 'value' in read ? read.value : (JSON.parse(text) as Json)",
      killer: 'numbers in JSON that was sent as a string are exact, too',
    },
    {
      name: 'a bigint is made of a rounded number',
      search: 'Number.isSafeInteger(value) ? BigInt(value)',
      replace: 'Number.isInteger(value) ? BigInt(value)',
      killer: 'a bigint is exact, from a number that is safe and from a string of digits',
    },
    {
      name: 'a string of many digits becomes a number',
      search: "text.replace(/\\D/g, '').length <= 15",
      replace: "text.replace(/\\D/g, '').length <= 20",
      killer: 'a number that a double does not hold',
      test: `${input}/check-input.test.ts`,
    },
  ]),
]

const calculatorTest = `${calculator}/calculator.test.ts`

/** Faults in exact calculation. */
const calculatorMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${calculator}/exact.ts`, test: calculatorTest }, [
    {
      name: 'fractions are calculated as decimals',
      search: 'const exact = first.exact && second.exact && exactly(first.exact, second.exact)',
      replace: 'const exact = first.exact && second.exact && roughly === addIntervals ? exactly(first.exact, second.exact) : undefined',
      killer: 'sums, quotients and remainders of fractions are exact',
    },
    { name: 'a negative remainder is rounded down', search: "isNegative ? 'ceil' : 'floor'", replace: "isNegative ? 'floor' : 'floor'", killer: '-7 mod 3' },
    {
      name: 'a divisor that may be zero is divided by',
      search: 'if (exact === undefined && holdsZero(interval)) throw',
      replace: 'if (exact === undefined && interval.low.isZero() && interval.high.isZero()) throw',
      killer: '1 / (sqrt(2)^2 - 2)',
    },
    {
      name: 'roots are never exact',
      search: 'const root = exact && rootOfFraction(exact, 2n)',
      replace: 'const root = exact && exact.denominator === 0n ? rootOfFraction(exact, 2n) : undefined',
      killer: 'sqrt(16)',
    },
  ]),
  ...mutantsOf({ file: `${calculator}/interval.ts`, test: calculatorTest }, [
    {
      name: 'a rounded number is rounded once more at a jump',
      search: 'return first.equals(second) ? first.toFixed() : undefined',
      replace: 'return first.toFixed()',
      killer: 'floor((2^0.25)^4)',
    },
    {
      name: 'both ends of an interval are rounded down',
      search: 'const Up = Decimal.clone({ ...options, rounding: Decimal.ROUND_CEIL })',
      replace: 'const Up = Decimal.clone({ ...options, rounding: Decimal.ROUND_FLOOR })',
      killer: 'is an error that says where and what helps',
    },
  ]),
]

/** Faults in the check of inputs, and in calculation. */
export const inputMutants: readonly Mutant[] = [...schemaMutants, ...numberMutants, ...calculatorMutants]
