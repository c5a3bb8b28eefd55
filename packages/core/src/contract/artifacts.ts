/**
 * Keeps complete texts that are too large for a message, such as what a tool read. Each journal has one. The loop does not write to it yet:
 * it still cuts the results of tools.
 */
export interface ArtifactStore {
  /**
   * Keeps a text of at most 16,777,216 characters. Writing the same key again replaces the text: a call that is executed again may have
   * another result.
   *
   * @param id - Id of the operation, such as `steps/3/tools/0`; may contain any character.
   */
  put(runId: string, id: string, text: string): Promise<void>
  /** Returns the text, or `undefined` when it is not kept here. */
  get(runId: string, id: string): Promise<string | undefined>
  /** Removes all values of a run. */
  delete(runId: string): Promise<void>
}
