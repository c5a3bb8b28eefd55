import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'
import './reply-stream.ts'
import { PayloadReader } from './transport/payload-reader.ts'
import { MessageAssembler } from './wire/assemble-message.ts'
import { StreamDecoder } from './wire/decode-stream.ts'
import { FrameParser } from './wire/frame-parser.ts'
import { PartList } from './wire/part-list.ts'

// `queryObjects` counts what a full collection leaves. V8 drops the optimised code of a class of which it leaves nothing.
const types = [PayloadReader, StreamDecoder, FrameParser, MessageAssembler, PartList]
test.each(types.map((type) => [type.name, type] as const))('an object of %s is alive while there is no request', (_, type) => {
  expect(queryObjects(type, { format: 'count' })).toBe(1)
})
