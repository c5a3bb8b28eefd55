import type { ContextOverflow } from '@capstan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roomForOutput } from './output-room.ts'
import { overflowSizes } from './overflow-sizes.ts'

const cases: readonly (readonly [string, string, ContextOverflow | undefined])[] = [
  [
    'DeepSeek',
    "This model's maximum context length is 1048576 tokens. However, you requested 1048877 tokens (1016877 in the messages, 32000 in the completion). Please reduce the length of the messages or completion.",
    { windowTokens: 1_048_576, requestedTokens: 1_048_877, promptTokens: 1_016_877, outputTokens: 32_000 },
  ],
  [
    'Moonshot, all together',
    'Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)',
    { windowTokens: 262_144, requestedTokens: 300_000 },
  ],
  ['Moonshot, the prompt', 'Invalid request: Input token length too long', undefined],
  [
    'OpenRouter, which estimates the prompt',
    'This endpoint\'s maximum context length is 131072 tokens. However, you requested about 132000 tokens (124000 of text input, 2000 of tool input, 6000 in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
    { windowTokens: 131_072, requestedTokens: 132_000, outputTokens: 6_000 },
  ],
  [
    'vLLM',
    "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 10000 tokens and your request has 9000 input tokens (5000 > 10000 - 9000).",
    { outputTokens: 5_000, windowTokens: 10_000, promptTokens: 9_000 },
  ],
  [
    'vLLM that stopped counting',
    "This model's maximum context length is 10000 tokens. However, you requested 5000 output tokens and your prompt contains at least 5001 input tokens, for a total of at least 10001 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=5001)",
    { windowTokens: 10_000, outputTokens: 5_000 },
  ],
  [
    'vLLM that counted',
    "This model's maximum context length is 10000 tokens. However, you requested 5000 output tokens and your prompt contains 7000 input tokens, for a total of 12000 tokens.",
    { windowTokens: 10_000, outputTokens: 5_000, promptTokens: 7_000 },
  ],
  [
    'vLLM, another release',
    "You passed 7000 input tokens and requested 5000 output tokens. However, the model's context length is only 10000 tokens, resulting in a maximum input length of 5000 tokens.",
    { promptTokens: 7_000, outputTokens: 5_000, windowTokens: 10_000 },
  ],
  ['vLLM, the prompt', 'The decoder prompt (length 12000) is longer than the maximum model length of 10000.', { promptTokens: 12_000, windowTokens: 10_000 }],
  ['SGLang, the prompt', "The input (12000 tokens) is longer than the model's context length (8192 tokens).", { promptTokens: 12_000, windowTokens: 8_192 }],
  [
    'SGLang, all together',
    "Requested token count exceeds the model's maximum context length of 10000 tokens. You requested a total of 12000 tokens: 7000 tokens from the input messages and 5000 tokens for the completion.",
    { windowTokens: 10_000, requestedTokens: 12_000, promptTokens: 7_000, outputTokens: 5_000 },
  ],
  ['llama.cpp', 'request (2009 tokens) exceeds the available context size (512 tokens), try increasing it', { promptTokens: 2_009, windowTokens: 512 }],
  ['Ollama, which names only the excess', 'prompt too long; exceeded max context length by 512 tokens', undefined],
  [
    'OpenAI with functions',
    "This model's maximum context length is 8,192 tokens. However, you requested 8,300 tokens (7,000 in the messages, 300 in the functions, and 1,000 in the completion).",
    { windowTokens: 8_192, requestedTokens: 8_300, promptTokens: 7_300, outputTokens: 1_000 },
  ],
  [
    'OpenAI',
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
    { windowTokens: 8_192, promptTokens: 9_000 },
  ],
  ['Mistral', 'Prompt contains 200000 tokens, too large for model with 131072 maximum context length', { promptTokens: 200_000, windowTokens: 131_072 }],
  ['only the window', "This model's maximum context length is 1000 tokens", { windowTokens: 1_000 }],
  // These limits are of the prompt, not of the window.
  ['Gemini', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', undefined],
  ['xAI', "This model's maximum prompt length is 131072 but the request contains 140000 tokens.", undefined],
  ['DashScope', 'Range of input length should be [1, 129024]', undefined],
  [
    'numbers that contradict each other',
    "This model's maximum context length is 10000 tokens. However, you requested 900 tokens (600 in the messages, 300 in the completion).",
    undefined,
  ],
  ['a prompt that would fit', 'request (200 tokens) exceeds the available context size (512 tokens)', undefined],
  ['a window of nothing', "This model's maximum context length is 0 tokens", undefined],
  ['a number of many digits', `This model's maximum context length is ${'9'.repeat(30)} tokens`, undefined],
]

test.each(cases)('%s', (_, message, sizes) => {
  expect(overflowSizes(message)).toEqual(sizes)
})

test('fields of the error go before the text', () => {
  expect(overflowSizes('Too long.', { windowTokens: 512, promptTokens: 2_009 })).toEqual({ windowTokens: 512, promptTokens: 2_009 })
  expect(overflowSizes('request (1 tokens) exceeds the available context size (1 tokens)', { windowTokens: 512, promptTokens: 2_009 })).toEqual({
    windowTokens: 512,
    promptTokens: 2_009,
  })
})

test('text around a refusal changes no size', () => {
  const noise = fc.string({ maxLength: 200, unit: fc.constantFrom(...'abc (),.:7290 \n') })
  fc.assert(
    fc.property(noise, noise, fc.constantFrom(...cases.filter(([name]) => !name.startsWith('OpenAI'))), (before, after, [, message, sizes]) => {
      expect(overflowSizes(`${before}; ${message}; ${after}`)).toEqual(sizes)
    }),
  )
})

describe('the room for the output', () => {
  const window = 10_000
  test.each<[string, ContextOverflow, number | undefined, number | undefined]>([
    ['what the prompt leaves', { windowTokens: window, promptTokens: 7_000 }, 5_000, 2_936],
    ['what the prompt leaves, without a limit', { windowTokens: window, promptTokens: 7_000 }, undefined, 2_936],
    ['less what was too much', { windowTokens: window, requestedTokens: 11_000 }, 5_000, 3_936],
    ['less what was too much, by the limit in the message', { windowTokens: window, requestedTokens: 11_000, outputTokens: 5_000 }, undefined, 3_936],
    ['half, where the prompt was not counted', { windowTokens: window, outputTokens: 5_000 }, 5_000, 2_436],
    ['unknown without a limit', { windowTokens: window, requestedTokens: 11_000 }, undefined, undefined],
    ['unknown without a window', { promptTokens: 11_000 }, 5_000, undefined],
    ['unknown with only a window', { windowTokens: window }, 5_000, undefined],
    ['none where the prompt is too long', { windowTokens: window, promptTokens: 11_000 }, 5_000, undefined],
    ['none where it is too small to be useful', { windowTokens: window, promptTokens: 9_700 }, 5_000, undefined],
    ['none where it is no lower', { windowTokens: window, promptTokens: 4_000 }, 5_000, undefined],
  ])('is %s', (_, overflow, asked, room) => {
    expect(roomForOutput(overflow, asked)).toBe(room)
  })
})
