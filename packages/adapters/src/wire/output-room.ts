interface Form {
  readonly text: RegExp
  read(numbers: readonly number[], asked: number | undefined): number | undefined
}

/**
 * The forms in which servers report the sizes of a request that exceeds the context.
 *
 * @see https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/serving_engine.py
 * @see https://platform.moonshot.ai/docs/api/errors
 */
const forms: readonly Form[] = [
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,200}?\((\d+) in the messages, (\d+) in the completion\)/,
    read: ([context = 0, messages = 0]) => context - messages,
  },
  { text: /maximum context length is (\d+) tokens and your request has (\d+) input tokens/, read: ([context = 0, messages = 0]) => context - messages },
  {
    // A server that did not count the messages reports the rest of the context plus 1; half of the output is tried then.
    text: /maximum context length is (\d+) tokens[\s\S]{0,60}?requested (\d+) output tokens and your prompt contains (?:at least )?(\d+) input tokens/,
    read: ([context = 0, output = 0, messages = 0]) => (messages === context - output + 1 ? Math.floor(output / 2) : context - messages),
  },
  {
    text: /maximum context length of (\d+) tokens[\s\S]{0,80}?: (\d+) tokens from the input messages/,
    read: ([context = 0, messages = 0]) => context - messages,
  },
  {
    text: /passed (\d+) input tokens and requested (\d+) output tokens[\s\S]{0,200}?context length is only (\d+)/,
    read: ([messages = 0, , context = 0]) => context - messages,
  },
  {
    text: /exceeded model token limit: (\d+) \(requested: (\d+)\)/,
    read: ([context = 0, requested = 0], asked) => (asked === undefined ? undefined : asked - (requested - context)),
  },
  {
    text: /maximum context length is (\d+) tokens[\s\S]{0,80}?requested (?:about )?(\d+) tokens/,
    read: ([context = 0, requested = 0], asked) => (asked === undefined ? undefined : asked - (requested - context)),
  },
]

/** Servers also count the tokens of their chat template. */
const marginTokens = 64
/** With fewer tokens a useful reply is not possible, so the messages must become shorter instead. */
const minTokens = 256

/**
 * The output tokens that fit when messages and output together exceed the context.
 *
 * @param asked - The output limit of the request; `undefined` where it had none.
 * @returns `undefined` when the text has no sizes, or when lowering the output limit does not help.
 */
export function roomForOutput(said: string, asked: number | undefined): number | undefined {
  for (const { text, read } of forms) {
    const match = text.exec(said)
    if (match === null) continue
    const free = read(match.slice(1).map(Number), asked)
    if (free === undefined) continue
    const room = free - marginTokens
    return room >= minTokens && (asked === undefined || room < asked) ? room : undefined
  }
  return undefined
}
