import type { Engine, EngineStep, Json, Model, ModelRequest } from '@capstan/core'

/** A model that replies with this text each time. It keeps its requests. */
export function answeringModel(text: string): Model & { readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = []
  return {
    id: 'test/answering',
    traits: { tools: false, toolChoices: [], candidates: 1 },
    requests,
    async *stream(request) {
      requests.push(request)
      const message = { role: 'assistant' as const, content: [{ type: 'text' as const, text }] }
      yield [{ type: 'reply', reply: { message, finishReason: 'stop', atOutputLimit: false, usage: {}, response: {} } }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
}

/** Engines that share their records: what one has recorded, the next one replays. */
export function recordingEngine(records: Json[] = []): Engine & { readonly records: Json[] } {
  let next = 0
  const perform = async ({ run }: EngineStep): Promise<Json> => {
    const number = next++
    records[number] ??= JSON.parse(JSON.stringify(await run())) as Json
    return records[number]
  }
  return {
    scope: {},
    records,
    steps: (steps) => Promise.all(steps.map(perform)),
    decisions: () => Promise.reject(new Error('nothing is asked')),
  }
}
