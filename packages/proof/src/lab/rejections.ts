const seen: unknown[] = []
let isWatching = false

/** Collects rejections that nobody handles, for the rest of this process. */
export function watchRejections(): void {
  if (isWatching) return
  isWatching = true
  process.on('unhandledRejection', (reason) => seen.push(reason))
}

/** The rejections since the last call. */
export function takeRejections(): readonly unknown[] {
  return seen.splice(0)
}
