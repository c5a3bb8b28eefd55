import type { Client } from '@modelcontextprotocol/client'
import { firstRelistenMs, maxRelistenMs } from './limits.ts'

/**
 * In the newer protocol, notifications come only over a stream that the client opens. When it ends, it is opened again, with growing pauses,
 * and what happened meanwhile is asked for.
 *
 * @param isCurrent - False when the client is not used any more.
 */
export async function watchChanges(
  client: Client,
  { isCurrent, onMissed }: { readonly isCurrent: () => boolean; readonly onMissed: () => void },
): Promise<void> {
  if (client.getProtocolEra() !== 'modern' || client.getServerCapabilities()?.tools?.listChanged !== true) return
  let pauseMs = firstRelistenMs
  while (isCurrent()) {
    try {
      const { closed } = await client.listen({ toolsListChanged: true })
      pauseMs = firstRelistenMs
      if ((await closed) === 'local') return
    } catch {
      // The server may be away, or refuse it: it is asked less and less often.
      pauseMs = Math.min(pauseMs * 2, maxRelistenMs)
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref())
    if (isCurrent()) onMissed()
  }
}
