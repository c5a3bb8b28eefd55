import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'
import { EventIterator } from '../run/event-iterator.ts'
import { RunEvents } from '../run/run-events.ts'

// `queryObjects` counts what a full collection leaves. V8 drops the optimised code of a class of which it leaves nothing.
test.each([RunEvents, EventIterator].map((type) => [type.name, type] as const))('an object of %s is alive while there is no run', (_, type) => {
  expect(queryObjects(type, { format: 'count' })).toBe(1)
})
