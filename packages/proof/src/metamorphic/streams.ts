import fc from 'fast-check'

interface GeneratedCall {
  readonly name: string
  readonly text: string
}

export interface GeneratedAnswer {
  readonly reasoning: string
  readonly text: string
  readonly calls: readonly GeneratedCall[]
  readonly pieceLength: number
  readonly isKimi: boolean
}

const words = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '“Zoë” 😀', 'data: [DONE]', '\n\ndata: x\n', '你好'),
)

/** Replies of every shape: reasoning, text and calls, in pieces of any length, in the wire format of either family. */
export const answers: fc.Arbitrary<GeneratedAnswer> = fc.record({
  reasoning: words,
  text: words,
  calls: fc.array(
    fc.record({
      name: fc.constantFrom('look_up', 'pay_bill'),
      text: fc.oneof(
        fc.constant('{"amount":5}'),
        fc.json({ maxDepth: 2 }).map((json) => `{"word":${json}}`),
      ),
    }),
    { maxLength: 3 },
  ),
  pieceLength: fc.integer({ min: 1, max: 9 }),
  isKimi: fc.boolean(),
})

/** Writes an answer as a stream. */
export function writeStream(answer: GeneratedAnswer): Buffer {
  const { reasoning, text, calls, pieceLength, isKimi } = answer
  const deltas: object[] = [
    { role: 'assistant', content: '' },
    ...pieces(reasoning, pieceLength).map((piece) => ({ reasoning_content: piece })),
    ...pieces(text, pieceLength).map((piece) => ({ content: piece })),
    ...calls.flatMap((call, index) => callDeltas(call, index, answer)),
  ]
  const usage = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 }
  const finish = { index: 0, delta: {}, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop', ...(isKimi && { usage }) }
  const head = { id: 'cmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const chunks = [
    ...deltas.map((delta) => ({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...head, choices: [finish], ...(!isKimi && { usage }) },
  ]
  return Buffer.from(`${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`)
}

function callDeltas({ name, text }: GeneratedCall, index: number, { pieceLength, isKimi }: GeneratedAnswer): readonly object[] {
  const id = isKimi ? `functions.${name}:${index}` : `call_0${index}_x`
  return [
    { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
    ...pieces(text, pieceLength).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]
}

function pieces(text: string, length: number): readonly string[] {
  // Code units: a pair may be split, as servers do.
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) => text.slice(index * length, (index + 1) * length))
}

/** Where the events of a stream end: after each blank line. */
export function eventBorders(bytes: Buffer): readonly number[] {
  const borders: number[] = []
  for (let at = bytes.indexOf('\n\n'); at !== -1; at = bytes.indexOf('\n\n', at + 2)) borders.push(at + 2)
  return borders
}

/** Where the event with the finish reason ends; the length of the stream when it has none. */
export function finishEnd(bytes: Buffer): number {
  const at = bytes.lastIndexOf('"finish_reason":"')
  return at === -1 ? bytes.length : at
}

/** Cuts bytes into pieces of these sizes, over and over. */
export function cutInto(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const all: Buffer[] = []
  for (let start = 0, count = 0; start < bytes.length; count++) {
    const end = start + Math.max(1, sizes[count % Math.max(1, sizes.length)] ?? bytes.length)
    all.push(bytes.subarray(start, end))
    start = end
  }
  return all
}
