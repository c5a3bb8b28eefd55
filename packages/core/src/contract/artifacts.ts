/**
 * Keeps the complete results of tools that are too large for the model. Each journal has one; runs in memory have a store of their own, and
 * a run on an engine keeps nothing unless it is given one.
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
  /**
   * Removes the values of a run.
   *
   * @param except - Ids of operations whose values stay, such as those that a conversation refers to. Default: none.
   */
  delete(runId: string, except?: readonly string[]): Promise<void>
}

/** The most characters of one value. */
export const maxArtifactCharacters: number = 16 * 1024 * 1024
