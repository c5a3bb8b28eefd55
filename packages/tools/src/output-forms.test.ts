import { Agent, type Json, type JsonObject, type OutputSpec } from '@capstan/core'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { z as z3 } from 'zod3'
import { output } from './define-output.ts'
import { answeringModel, recordingEngine } from './testing/answering-model.ts'

/** Runs an agent whose model writes this text, and replays the run from its records. */
async function liveAndReplayed<Output>(spec: OutputSpec<Output>, text: string) {
  const model = answeringModel(text)
  const agent = new Agent({ model, output: spec })
  const engine = recordingEngine()
  const live = await agent.generate('go', { engine, runId: 'one' })
  const replayed = await agent.generate('go', { engine: recordingEngine(engine.records), runId: 'one' })
  expect(model.requests).toHaveLength(1)
  expect(replayed.output).toEqual(live.output)
  expect(JSON.stringify(replayed.output)).toBe(JSON.stringify(live.output))
  expect(replayed.text).toBe(live.text)
  return live
}

describe('the output is the same live and replayed, and has the type of that', () => {
  const given = JSON.stringify({ when: '2026-11-28T09:00:00Z', price: '12.50' })
  const made = { when: '2026-11-28T09:00:00.000Z', price: 1250, currency: 'EUR' }

  test('zod 4', async () => {
    const schema = z.object({
      when: z.iso.datetime().transform((text) => new Date(text)),
      price: z
        .string()
        .refine((text) => text !== '0')
        .transform((text) => Number(text) * 100),
      currency: z.string().default('EUR'),
    })
    const { output: result } = await liveAndReplayed(output(schema), given)
    expectTypeOf(result).toEqualTypeOf<{ when: string; price: number; currency: string } | undefined>()
    expect(result).toEqual(made)
  })

  test('zod 4, with a codec and a coercion', async () => {
    const when = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })
    const { output: result } = await liveAndReplayed(
      output(z.object({ when, tags: z.array(z.string()).transform((tags) => new Set(tags)) })),
      '{"when":"2026-11-28T09:00:00Z","tags":["a","a"]}',
    )
    expectTypeOf(result).toEqualTypeOf<{ when: string; tags: string[] } | undefined>()
    expect(result).toEqual({ when: '2026-11-28T09:00:00.000Z', tags: ['a'] })
  })

  test('zod 3', async () => {
    const schema = z3.object({
      when: z3.string().transform((text) => new Date(text)),
      price: z3
        .string()
        .refine((text) => text !== '0')
        .transform((text) => Number(text) * 100),
      currency: z3.string().default('EUR'),
    })
    const { output: result } = await liveAndReplayed(output(schema), given)
    expectTypeOf(result).toEqualTypeOf<{ when: string; price: number; currency: string } | undefined>()
    expect(result).toEqual(made)
  })

  test('valibot', async () => {
    const schema = v.object({
      when: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
      price: v.pipe(
        v.string(),
        v.minLength(2),
        v.transform((text) => Number(text) * 100),
      ),
      currency: v.optional(v.string(), 'EUR'),
    })
    const { output: result } = await liveAndReplayed(output(toStandardJsonSchema(schema)), given)
    expectTypeOf(result).toEqualTypeOf<{ when: string; price: number; currency: string } | undefined>()
    expect(result).toEqual(made)
  })

  test('arktype', async () => {
    const schema = type({ when: 'string.date.iso.parse', price: 'string', currency: "string = 'EUR'" })
    const { output: result } = await liveAndReplayed(output(schema), given)
    expectTypeOf(result).toEqualTypeOf<{ when: string; price: string; currency: string } | undefined>()
    expect(result).toEqual({ ...made, price: '12.50' })
  })

  test.each<[string, () => unknown]>([
    ['a number that is not finite', () => Number.NaN],
    ['an invalid date', () => new Date('never')],
    ['a function', () => () => {}],
    ['nothing', () => undefined],
  ])('%s is not made null: the output does not fit', async (_, make) => {
    const check = await output(z.string().transform(make)).parse('x')
    expect(check).toMatchObject({ ok: false })
  })

  test('in a list, what has no form in JSON is null, and the type says so', async () => {
    const { output: result } = await liveAndReplayed(output(z.array(z.string().transform((text) => (text === '' ? undefined : text)))), '{"value":["a",""]}')
    expectTypeOf(result).toEqualTypeOf<(string | null)[] | undefined>()
    expect(result).toEqual(['a', null])
  })
})

interface Leaf {
  readonly kind: 'leaf'
  readonly size: number
}
interface Branch {
  readonly kind: 'branch'
  readonly children: readonly Tree[]
}
type Tree = Leaf | Branch
const tree: z.ZodType<Tree> = z.lazy(() =>
  z.union([z.object({ kind: z.literal('leaf'), size: z.number() }), z.object({ kind: z.literal('branch'), children: z.array(tree) })]),
)
const shapes = z.discriminatedUnion('kind', [z.object({ kind: z.literal('circle'), r: z.number() }), z.object({ kind: z.literal('box'), w: z.number() })])

const forms: readonly (readonly [name: string, spec: OutputSpec, written: string, expected: unknown])[] = [
  ['a list', output(z.array(z.string())), '{"value":["a","b"]}', ['a', 'b']],
  ['an empty list', output(z.array(z.string())), '{"value":[]}', []],
  ['a list of objects', output(z.array(z.object({ id: z.int() }))), '{"value":[{"id":1},{"id":2}]}', [{ id: 1 }, { id: 2 }]],
  ['a tuple', output(z.tuple([z.string(), z.number()])), '{"value":["a",1]}', ['a', 1]],
  ['an enum', output(z.enum(['low', 'high'])), '{"value":"high"}', 'high'],
  ['a literal', output(z.literal('yes')), '{"value":"yes"}', 'yes'],
  ['a string', output(z.string()), '{"value":"text"}', 'text'],
  ['a number', output(z.number()), '{"value":-0.5}', -0.5],
  ['a boolean', output(z.boolean()), '{"value":false}', false],
  ['null', output(z.null()), '{"value":null}', null],
  ['a string or null', output(z.string().nullable()), '{"value":null}', null],
  ['an object or null', output(z.object({ a: z.string() }).nullable()), '{"value":null}', null],
  ['an object or null, with the object', output(z.object({ a: z.string() }).nullable()), '{"value":{"a":"b"}}', { a: 'b' }],
  ['a union of scalars', output(z.union([z.string(), z.number()])), '{"value":5}', 5],
  ['a union of objects', output(shapes), '{"value":{"kind":"box","w":2}}', { kind: 'box', w: 2 }],
  [
    'a recursive union',
    output(tree),
    '{"value":{"kind":"branch","children":[{"kind":"leaf","size":1}]}}',
    { kind: 'branch', children: [{ kind: 'leaf', size: 1 }] },
  ],
  ['an object with a property of the name', output(z.object({ value: z.string() })), '{"value":"a"}', { value: 'a' }],
  ['zod 3', output(z3.array(z3.string())), '{"value":["a"]}', ['a']],
  ['valibot', output(toStandardJsonSchema(v.picklist(['a', 'b']))), '{"value":"b"}', 'b'],
  ['arktype', output(type('string[]')), '{"value":["a"]}', ['a']],
  ['raw JSON Schema', output({ type: 'array', items: { type: 'integer' } }), '{"value":[1]}', [1]],
  ['raw JSON Schema that refers to its top', output({ anyOf: [{ type: 'integer' }, { type: 'array', items: { $ref: '#' } }] }), '{"value":[1,[2]]}', [1, [2]]],
]

test.each(forms)('%s is read from what the model writes', async (_, spec, written, expected) => {
  const result = await liveAndReplayed(spec, written)
  expect(result.output).toEqual(expected)
  expect(result.text).toBe(JSON.stringify(expected))
})

test('the output of a raw JSON Schema has the type that the schema says of its top', () => {
  expectTypeOf(output({ type: 'object', properties: {} })).toEqualTypeOf<OutputSpec<JsonObject>>()
  expectTypeOf(output({ type: 'array' })).toEqualTypeOf<OutputSpec<Json>>()
  expect(output({ type: 'array' }).schema).toEqual({ type: 'array' })
})

test('a model that forgets the wrapper is understood, and one that is wrong is told of it', async () => {
  await expect(liveAndReplayed(output(z.array(z.string())), '["a"]')).resolves.toMatchObject({ output: ['a'] })
  await expect(liveAndReplayed(output(shapes), '{"kind":"box","w":2}')).resolves.toMatchObject({ output: { kind: 'box', w: 2 } })
  const model = answeringModel('{"size":5}')
  await expect(new Agent({ model, output: output(z.string()) }).generate('go')).rejects.toMatchObject({ code: 'invalid-output' })
  expect(JSON.stringify(model.requests[1]?.messages)).toContain('an object with the property \\"value\\"')
})

test('one that has a property of the wrapper itself is read either way', async () => {
  const either = output(z.union([z.object({ value: z.number() }), z.object({ error: z.string() })]))
  await expect(liveAndReplayed(either, '{"value":{"value":5}}')).resolves.toMatchObject({ output: { value: 5 } })
  await expect(liveAndReplayed(either, '{"value":5}')).resolves.toMatchObject({ output: { value: 5 } })
})
