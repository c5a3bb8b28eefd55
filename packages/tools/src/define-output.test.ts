import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { output } from './define-output.ts'

const invoice = output(z.object({ name: z.string(), amount: z.number().positive() }))

test('the schema is shown as JSON Schema and gives the type of the value', async () => {
  expect(invoice.schema).toMatchObject({ type: 'object', required: ['name', 'amount'] })
  const check = await invoice.parse({ name: 'A', amount: 5 })
  expect(check).toEqual({ ok: true, value: { name: 'A', amount: 5 } })
  if (check.ok) expectTypeOf(check.value).toEqualTypeOf<{ name: string; amount: number }>()
})

test('the message about an output that does not fit names each field', async () => {
  const check = await invoice.parse({ name: 5, amount: -1 })
  expect(check).toMatchObject({ ok: false, message: expect.stringMatching(/output does not fit[\s\S]*\/name[\s\S]*\/amount/) })
})

test('a lossless change that the schema asks for is made', async () => {
  await expect(invoice.parse({ name: 'A', amount: '5' })).resolves.toEqual({ ok: true, value: { name: 'A', amount: 5 } })
})

test('a schema that cannot be shown to a model is refused, with its position', () => {
  const refused = expect.objectContaining({ code: 'invalid-tool', message: expect.stringMatching(/The schema of the output.*\/items/) })
  expect(() => output(z.array(z.date()))).toThrow(refused)
})

test('the schema of an output is that of the value, of any type', () => {
  expect(output(z.array(z.string())).schema).toEqual({ type: 'array', items: { type: 'string' } })
  expect(output(z.enum(['a', 'b'])).schema).toEqual({ type: 'string', enum: ['a', 'b'] })
  expect(output(z.object({ a: z.string() }).nullable()).schema).toMatchObject({ anyOf: [{ type: 'object' }, { type: 'null' }] })
})

test('if the validator throws, the check fails', async () => {
  const broken = output(
    z.object({
      a: z.string().refine(() => {
        throw new Error('boom')
      }),
    }),
  )
  await expect(broken.parse({ a: 'x' })).resolves.toMatchObject({ ok: false })
})

test('the value and its type are the JSON form of what the schema makes', async () => {
  const meeting = output(z.object({ when: z.iso.datetime().transform((text) => new Date(text)), left: z.string().transform(BigInt).optional() }))
  const check = await meeting.parse({ when: '2026-11-28T09:00:00Z', left: '5' })
  expect(check).toEqual({ ok: true, value: { when: '2026-11-28T09:00:00.000Z', left: '5' } })
  if (check.ok) expectTypeOf(check.value).toEqualTypeOf<{ when: string; left?: string | undefined }>()
})
