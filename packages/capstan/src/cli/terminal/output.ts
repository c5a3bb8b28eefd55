import type { ShownText, Style } from './shown-text.ts'

/** An output of the command. */
export interface Output {
  write(text: ShownText): unknown
  readonly isTTY?: boolean
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  /** Resolves when everything is written, with the error of a write that failed. */
  flush?(): Promise<NodeJS.ErrnoException | undefined>
}

/** Colours for terminals; none for pipes, `NO_COLOR` and dumb terminals. */
export function styleFor(output: Output, env: NodeJS.ProcessEnv): (style: Style, text: ShownText) => ShownText {
  const isColoured = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return (style, text) => (isColoured ? text.styled(style) : text)
}

/** The columns of a line: those of the terminal, or no limit in a pipe, so that lines are not broken. */
export function columnsOf(output: Output): number {
  return output.isTTY === true ? Math.max(20, output.columns || 80) : Number.POSITIVE_INFINITY
}

/** The columns of a progress line, which is cut and not broken: 240 in a pipe. */
export function roomOf(output: Output): number {
  return Math.min(240, columnsOf(output))
}
