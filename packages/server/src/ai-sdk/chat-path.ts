/** What a path of a chat names. */
export type ChatPath =
  /** Where messages are posted. */
  { readonly type: 'chat' } | { readonly type: 'stream' | 'stop' | 'messages'; readonly chatId: string }

/**
 * Reads a path that ends with `path`, `path/:id`, `path/:id/stream` or `path/:id/stop`, with or without a slash at its end. What comes before is
 * the business of the framework that the handlers are mounted in.
 *
 * @returns `undefined` for any other path.
 */
export function readChatPath(pathname: string, path: string): ChatPath | undefined {
  const parts = pathname.replace(/\/$/, '').split('/')
  const [id = '', action = ''] = parts.slice(-2)
  if ((action === 'stream' || action === 'stop') && isBelow(parts.slice(0, -2), path)) return withId(action, id)
  if (isBelow(parts, path)) return { type: 'chat' }
  return isBelow(parts.slice(0, -1), path) ? withId('messages', action) : undefined
}

function isBelow(parts: readonly string[], path: string): boolean {
  return parts.join('/').endsWith(path)
}

// A part that cannot be decoded names nothing.
function withId(type: 'stream' | 'stop' | 'messages', part: string): ChatPath | undefined {
  try {
    const chatId = decodeURIComponent(part)
    return chatId === '' ? undefined : { type, chatId }
  } catch {
    return undefined
  }
}
