// One schema as the input of a tool and as an output, by a real run: what is sent, what the tool gets, what is refused, what comes out.
import assert from 'node:assert/strict'
import { Agent, openaiCompatible, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'

/** The schema of the check, written with an API that chains. */
export function orderOf(z) {
  const tags = z.array(z.enum(['tea', 'cake'])).default(['tea'])
  return z.object({ count: z.number().int().min(1).describe('How many.'), tags, note: z.string().optional() })
}

/** The same schema in zod/mini. */
export function miniOrderOf(z) {
  const count = z.number().check(z.int(), z.minimum(1), z.describe('How many.'))
  return z.object({ count, tags: z._default(z.array(z.enum(['tea', 'cake'])), ['tea']), note: z.optional(z.string()) })
}

const orderTool = (name, schema, seen) =>
  tool({
    name,
    description: 'Orders.',
    inputSchema: schema,
    effect: 'read',
    execute: (order) => {
      seen.push(order)
      return 'ordered'
    },
  })

/** Checks schemas by name, all in one agent, then each as an output. */
export async function checkSchemas(schemas) {
  const names = Object.keys(schemas)
  const calls = names.flatMap((name) => [
    { name, input: { count: 2 } },
    { name, input: { count: 0.5, tags: ['ink'] } },
  ])
  const outputs = names.map(() => ({ text: '{"count": 3, "tags": ["cake"]}' }))
  const simulator = await startSimulator({ script: [{ toolCalls: calls }, { text: 'Done.' }, ...outputs] })
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'deepseek-chat', apiKey: 'test-key' })
  const seen = []
  const { steps } = await new Agent({ model, tools: names.map((name) => orderTool(name, schemas[name], seen)) }).generate('Order.')
  const statuses = steps[0].toolResults.map(({ status }) => status)
  assert.deepEqual(
    statuses,
    names.flatMap(() => ['ok', 'invalid-input']),
  )
  assert.deepEqual(
    seen,
    names.map(() => ({ count: 2, tags: ['tea'] })),
  )
  // The loop adds a tool that reads long results.
  const sent = simulator.requests[0].body.tools.map((one) => one.function).filter(({ name }) => names.includes(name))
  assert.equal(sent.length, names.length)
  for (const one of sent) checkSent(one)
  for (const name of names) {
    const result = await new Agent({ model, output: schemas[name] }).generate('Order.')
    assert.deepEqual(result.outputOrThrow(), { count: 3, tags: ['cake'] }, name)
  }
  simulator.assertDone()
  await simulator.close()
}

function checkSent({ name, parameters }) {
  const { required, properties } = parameters
  assert.deepEqual(required, ['count'], name)
  assert.deepEqual([properties.count.type, properties.count.minimum, properties.count.description], ['integer', 1, 'How many.'], name)
  assert.deepEqual([properties.tags.items.enum, properties.note.type], [['tea', 'cake'], 'string'], name)
}
