/** The longest delay that a timer takes, in milliseconds. */
export const longestTimerMs: number = 2 ** 31 - 1

/** Waits for work, but no longer than this. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, longestTimerMs))
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
