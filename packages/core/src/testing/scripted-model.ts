import { AgentError } from '../contract/errors.ts'
import type { AssistantMessage } from '../contract/messages.ts'
import type { Model, ModelEvent, ModelTraits } from '../contract/model.ts'
import type { Usage } from '../contract/usage.ts'
import { scriptedModel as makeModel, type ScriptedAnswer, type ScriptedModel } from '../scripted/index.ts'

export type { ScriptedAnswer as Answer } from '../scripted/index.ts'
export { call } from '../scripted/index.ts'

/** What a busy provider answers: worth a retry, at once. */
export function overloaded(): AgentError {
  return new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 0 })
}

/** A model whose stream is this very code. */
export function modelOf(stream: Model['stream']): Model {
  return { ...scriptedModel([]), stream }
}

/** The event that ends an answer. */
export function replyEvent(content: AssistantMessage['content'], { usage = {} }: { readonly usage?: Usage } = {}): ModelEvent {
  const reply = { message: { role: 'assistant' as const, content }, finishReason: 'stop' as const, atOutputLimit: false, usage, response: {} }
  return { type: 'reply', reply }
}

/** The public one, without settings of a run: tests say themselves which settings a model takes. */
export function scriptedModel(answers: readonly ScriptedAnswer[], traits: Partial<ModelTraits> = {}, id = 'test/scripted'): ScriptedModel {
  const { withSettings: _, ...model } = makeModel(answers, { id, ...traits })
  return model
}
