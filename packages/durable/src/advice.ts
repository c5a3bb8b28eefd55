const free = (path: string): string =>
  `Nothing that was recorded before is lost. To fix this, make room on the disk of ${path}, or raise the quota or the limit of the process, then resume the run.`
const permit = (path: string): string => `To fix this, let the user of this process read and write ${path}, or use another path.`
const notAFolder = (path: string): string => `To fix this, use a path where ${path} and all above it can be folders: one of them is a file.`
const replace = (path: string): string =>
  `${path} is not a SQLite database, or it is damaged. It was not changed. To fix this, use another path, or restore the file from a copy.`

/** What a person can do about an error of the operating system. @see https://nodejs.org/api/errors.html#common-system-errors */
const bySystemCode: Readonly<Record<string, (path: string) => string>> = {
  ENOSPC: free,
  EDQUOT: free,
  EFBIG: free,
  EACCES: permit,
  EPERM: permit,
  EROFS: permit,
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
  EISDIR: (path) => `To fix this, use the path of a file: ${path} is a folder.`,
  EMFILE: () => 'To fix this, raise the number of files that this process may open (`ulimit -n`).',
}

/** What a person can do about an error of SQLite, by its primary result code. @see https://www.sqlite.org/rescode.html */
const bySqliteCode: Readonly<Record<number, (path: string) => string>> = { 3: permit, 8: permit, 11: replace, 13: free, 14: permit, 26: replace }

/** A sentence that says how to fix what broke; empty for an error that is not known. */
export function adviceFor(error: unknown, path: string): string {
  if (!(error instanceof Error)) return ''
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  const advice = typeof errcode === 'number' ? bySqliteCode[errcode & 0xff] : bySystemCode[String(code)]
  return advice === undefined ? '' : ` ${advice(path)}`
}
