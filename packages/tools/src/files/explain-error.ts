import { ToolError } from '@capstan/core'

/** What was tried when the system refused. */
export type Attempt = 'read' | 'changed'

/** The message about a path that leads out of the root. It follows the path. */
export const outside = 'is outside the folder of these tools. Give a path inside it, relative to it, without ".." or links that lead out.'

/** Replaces errors of the system, which contain absolute paths, by errors with the relative path. Errors for the model pass unchanged. */
export async function explained<Result>(
  { shown, attempt }: { readonly shown: string; readonly attempt: Attempt },
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    if (ToolError.is(error)) throw error
    throw new ToolError(`${JSON.stringify(shown)} ${explainCode(codeOf(error), attempt)}`, { cause: error })
  }
}

/** The code of an error of the system, such as `ENOENT`; also of an error for the model that it caused. */
export function codeOf(error: unknown): unknown {
  const cause = ToolError.is(error) ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

/** True where a path leads to nothing. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Use list_files to see what exists.',
  ENOTDIR: 'does not exist. Use list_files to see what exists.',
  ELOOP: outside,
  ENAMETOOLONG: 'has a part that is too long for a file name.',
  EISDIR: 'is a folder. Use list_files.',
  EEXIST: 'exists already.',
  ENOTEMPTY: 'exists already.',
  EXDEV: 'is on another file system than its target, or than the trash folder: it cannot be moved there in one step.',
  EROFS: 'is on a file system that cannot be written.',
  ENOSPC: 'was not changed: the disk is full.',
  EDQUOT: 'was not changed: the disk quota is used up.',
  EINVAL: 'cannot be moved there: a folder cannot be moved into itself.',
}

function explainCode(code: unknown, attempt: Attempt): string {
  if (code === 'EACCES' || code === 'EPERM') return `cannot be ${attempt}: permission denied.`
  return reasons[String(code)] ?? `could not be ${attempt}.`
}
