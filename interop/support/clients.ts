import { aiStream, aiWhole } from './ai-client.ts'
import { openaiStream, openaiWhole } from './openai-client.ts'
import type { Client } from './parsed.ts'

export const clients: readonly Client[] = [openaiWhole, openaiStream, aiWhole, aiStream]

export const kimiModels = ['kimi-k2-thinking', 'kimi-k2-thinking-turbo'] as const
export const deepseekModels = ['deepseek-chat', 'deepseek-reasoner'] as const
export const allModels = [...kimiModels, ...deepseekModels] as const
export const toolModels = [...kimiModels, 'deepseek-chat'] as const

export function isKimi(model: string): boolean {
  return model.startsWith('kimi')
}

/** Every client with every model, for `test.each`. */
export function withEach<Value>(values: readonly Value[]): readonly { readonly client: Client; readonly value: Value; readonly name: string }[] {
  return clients.flatMap((client) => values.map((value) => ({ client, value, name: client.name })))
}
