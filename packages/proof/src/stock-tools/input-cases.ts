import type { Json, Tool } from '@capstan/core'
import { calculator } from '@capstan/tools/calculator'
import { dates } from '@capstan/tools/dates'
import { fileChanges, files } from '@capstan/tools/files'
import { http } from '@capstan/tools/http'
import { shell } from '@capstan/tools/shell'
import { todo } from '@capstan/tools/todo'
import type { AttackCase } from './attack-case.ts'
import { type Lab, must } from './lab.ts'

/** `echo` with any arguments. */
const echo = (lab: Lab): Tool => shell({ root: lab.root, programs: [{ path: '/bin/echo', arguments: [[{ rest: /[\w ]*/ }]] }], needsApproval: false })
const fetchAny = http({ hosts: 'public' })
const [difference] = dates

/** Inputs that fit no schema: other types, further keys, and a key of the prototype. */
function misshapen(good: Readonly<Record<string, Json>>): readonly Json[] {
  const [name = ''] = Object.keys(good)
  const polluting: Json = JSON.parse(`{"__proto__":{"${name}":1}}`)
  return [null, [], 'text', {}, { ...good, further: 1 }, { ...good, [name]: { toString: 1 } }, polluting]
}

const manyItems = Array.from({ length: 51 }, (_, index) => ({ text: `item ${index}`, state: 'open' }))
const long = 'x'.repeat(1_000_001)

/** Attacks by what a model writes into a call. */
export const inputCases: readonly AttackCase[] = [
  {
    attack: 'an input of another shape, further keys, `__proto__`',
    tools: {
      calculator: (lab) => lab.refused(calculator, misshapen({ expression: '1' })),
      dates: (lab) => lab.refused(difference, misshapen({ from: '2026-01-01', to: '2026-01-02' })),
      files: (lab) => lab.refused(files({ root: lab.root })[1], misshapen({ path: 'a' })),
      fileChanges: (lab) => lab.refused(fileChanges({ root: lab.root })[0], misshapen({ path: 'a', content: '' })),
      http: (lab) => lab.refused(fetchAny, misshapen({ url: 'https://example.org/' })),
      shell: (lab) => lab.refused(echo(lab), misshapen({ program: '/bin/echo', args: [] })),
      todo: (lab) => lab.refused(todo, misshapen({ items: [] })),
    },
  },
  {
    attack: 'an input of a million characters',
    tools: {
      calculator: (lab) => lab.refused(calculator, [{ expression: '1+'.repeat(500_000) }, { expression: '('.repeat(1_000_000) }]),
      dates: (lab) => lab.refused(difference, [{ from: long, to: '2026-01-02' }]),
      files: (lab) => lab.refused(files({ root: lab.root })[1], [{ path: long }]),
      fileChanges: (lab) =>
        lab.refused(fileChanges({ root: lab.root })[0], [
          { path: long, content: '' },
          { path: 'a', content: long },
        ]),
      http: (lab) => lab.refused(fetchAny, [{ url: `https://example.org/${long}` }]),
      shell: (lab) => lab.refused(echo(lab), [{ program: '/bin/echo', args: [long] }]),
      todo: (lab) => lab.refused(todo, [{ items: manyItems }, { items: [{ text: long, state: 'open' }] }]),
    },
  },
  {
    attack: 'a small input that asks for endless work',
    tools: {
      calculator: (lab) =>
        lab.refused(
          calculator,
          ['9^9^9^9', '2^10001', '('.repeat(400), '0.1^1000^1000', 'max('.repeat(200)].map((expression) => ({ expression })),
        ),
      dates: (lab) =>
        lab.refused(dates[1], [
          { date: '2026-01-01', days: 1e15 },
          { date: '9999-12-31', years: 1e6 },
        ]),
      shell: async (lab) => {
        const matching = shell({ root: lab.root, programs: [{ path: '/bin/echo', arguments: [[/(?:a+)+b/]] }] })
        return await lab.refused(matching, [{ program: '/bin/echo', args: ['a'.repeat(10_000)] }])
      },
    },
  },
  {
    attack: 'a result that looks exact and is not',
    tools: {
      calculator: async (lab) => {
        // A jump of the function at a value that is only known rounded.
        const unsure = ['floor((2^0.25)^4)', 'ceil(sqrt(2)^2)', 'sqrt(2)^2 mod 2', 'floor(10^2.5*10^.5)']
        for (const expression of unsure) {
          const { status, text } = await lab.call(calculator, { expression })
          must(status === 'error' || /^(?:2|0|1000)(?!\d)/.test(text), `${expression} is ${text}`)
        }
        must((await lab.text(calculator, { expression: '2 mod (2/3)' })) === '0', '2 mod (2/3) is not 0')
        must((await lab.text(calculator, { expression: 'ceil(1 mod (1/3))' })) === '0', 'ceil(1 mod (1/3)) is not 0')
        return 'exact, or refused'
      },
      dates: async (lab) => {
        const text = await lab.text(dates[1], { date: '2024-01-31', months: 1 })
        must(text.includes('so day 31 became 29'), text)
        const skipped = await lab.text(dates[3], { time: '2026-03-29T02:30', from_zone: 'Europe/Berlin', to_zone: 'UTC' })
        must(skipped.includes('does not exist'), skipped)
        return 'days that were cut, and times that do not exist, are named'
      },
    },
  },
]
