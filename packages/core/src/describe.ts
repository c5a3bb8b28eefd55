/** Says what was thrown, in a few words, whatever it is. */
export function describe(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown)
    return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`
  } catch {
    return 'a value that cannot be shown'
  }
}
