import type { Json } from '@capstan/core'
import type { ElicitRequest, ElicitResult } from '@modelcontextprotocol/client'
import { describeFailure } from './failure.ts'
import type { Elicitation, Settings } from './options.ts'

/** Who asks, and who may answer. */
export interface ElicitationHost {
  readonly server: string
  readonly settings: Pick<Settings, 'onElicit' | 'onWarning'>
  readonly signal: AbortSignal
}

/** Answers what a server asks a person: by the callback, otherwise, and when the callback fails, it is declined. */
export async function answerElicitation(params: ElicitRequest['params'], { server, settings, signal }: ElicitationHost): Promise<ElicitResult> {
  const { onElicit, onWarning } = settings
  if (onElicit === undefined) return { action: 'decline' }
  try {
    const answer = await onElicit(toElicitation(params, server), { signal })
    // The client checks its form.
    return answer as ElicitResult
  } catch (error) {
    onWarning({
      type: 'elicitation-failed',
      server,
      message: `MCP server ${server}: what it asked was declined, because onElicit failed: ${describeFailure(error)}`,
    })
    return { action: 'decline' }
  }
}

function toElicitation(params: ElicitRequest['params'], server: string): Elicitation {
  const { message } = params
  if (params.mode === 'url') return { mode: 'url', server, message, url: params.url }
  // It came as JSON.
  return { mode: 'form', server, message, schema: params.requestedSchema as Json }
}
