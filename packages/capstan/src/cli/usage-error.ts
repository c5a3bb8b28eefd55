/** A wrong command line: exit code 2, with the message and where to find help. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
