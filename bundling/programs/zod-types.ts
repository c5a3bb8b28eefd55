// The type of a tool's input follows from a schema of any of these copies of zod.
import { Agent, evolink, tool } from 'capstan'
import { z as z3 } from 'other-zod-3'
import { z as z4In3 } from 'other-zod-3/v4'
import { z as z40 } from 'other-zod-4-0'
import { z as z41 } from 'other-zod-4-1'
import { z } from 'zod'
import * as mini from 'zod/mini'

const named = { description: 'Orders.', effect: 'read' } as const
const double = ({ count }: { count: number }): number => count * 2
export const tools = [
  tool({ ...named, name: 'in_3_25', inputSchema: z3.object({ count: z3.number() }), execute: double }),
  tool({ ...named, name: 'in_4_of_3_25', inputSchema: z4In3.object({ count: z4In3.number() }), execute: double }),
  tool({ ...named, name: 'in_4_0', inputSchema: z40.object({ count: z40.number() }), execute: double }),
  tool({ ...named, name: 'in_4_1', inputSchema: z41.object({ count: z41.number() }), execute: double }),
  tool({ ...named, name: 'in_4_6', inputSchema: z.object({ count: z.number() }), execute: double }),
  tool({ ...named, name: 'in_mini', inputSchema: mini.object({ count: mini.number() }), execute: double }),
]

// @ts-expect-error The input has a number.
tool({ ...named, name: 'wrong', inputSchema: z40.object({ count: z40.number() }), execute: ({ count }): string => count.toUpperCase() })

const model = evolink('kimi-k2-thinking')
export const outputs = async (): Promise<number> => {
  const counts = [
    (await new Agent({ model, output: z3.object({ count: z3.number() }) }).generate('?')).outputOrThrow(),
    (await new Agent({ model, output: z40.object({ count: z40.number() }) }).generate('?')).outputOrThrow(),
    (await new Agent({ model, output: z41.object({ count: z41.number() }) }).generate('?')).outputOrThrow(),
    (await new Agent({ model, output: z.object({ count: z.number() }) }).generate('?')).outputOrThrow(),
  ]
  return counts.reduce((sum, { count }) => sum + count, 0)
}
