import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { Facts, Text } from '../text.ts'

/** An error as it was recorded. */
export function Failure({ error }: { readonly error: { readonly code: string; readonly message: string; readonly [name: string]: unknown } }): VNode {
  const { code, message, phase, status, providerMessage, requestId, retryAfterMs } = error
  const word = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : String(value))
  return html`<div class="failure" role="note">
    <b>${code}</b>
    <${Text} text=${message} />
    <${Facts} facts=${[
      ['Phase', word(phase)],
      ['Status', word(status)],
      ['Provider', word(providerMessage)],
      ['Request id', word(requestId)],
      ['Retry after', retryAfterMs === undefined ? undefined : `${String(retryAfterMs)} ms`],
    ]} />
  </div>` as VNode
}
