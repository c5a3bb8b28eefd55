import { type AgentError, type Run, type RunEvent, type RunEventOf, textOf } from '@capstan/core'
import type { Screen } from './host.ts'
import { columnsOf, type Output, roomOf, styleFor } from './terminal/output.ts'
import { ProseStream } from './terminal/prose-stream.ts'
import { ShownText, type Style, say } from './terminal/shown-text.ts'
import { fitLine, LineWrapper, wrapText } from './terminal/wrap.ts'

/** Options of `RunView`. */
export interface ViewOptions {
  /** True to write only errors and questions to stderr. */
  readonly quiet: boolean
  /** True to write the result to stdout. */
  readonly answers: boolean
  /** True to cut no line. */
  readonly full: boolean
}

type Block = 'none' | 'reasoning' | 'text'

/**
 * Shows a run while it is running: reasoning, tool calls and notes on stderr, the result on stdout. On a terminal the text streams. In a
 * pipe the text of a step is written unchanged when the step is complete, so a failed attempt writes nothing there. Agents inside the run may
 * run side by side, so their messages are shown when they are complete, each with the path of its agent.
 */
export class RunView {
  readonly #screen: Screen
  readonly #options: ViewOptions
  readonly #style: (style: Style, text: ShownText) => ShownText
  readonly #live: Output | undefined
  #block: Block = 'none'
  #wrapper = new LineWrapper(80, '')
  #prose = new ProseStream()
  /** True if text or reasoning of the current step was shown. */
  #hasShown = false

  constructor(screen: Screen, options: ViewOptions) {
    this.#screen = screen
    this.#options = options
    this.#style = styleFor(screen.stderr, screen.env)
    if (options.answers && screen.stdout.isTTY) this.#live = screen.stdout
    else if (!options.quiet && screen.stderr.isTTY) this.#live = screen.stderr
  }

  /** Starts to show a run. */
  watch(run: Run): void {
    run.on('step-start', ({ path }) => {
      if (path === undefined) this.#hasShown = false
    })
    run.on('attempt', (event) => this.#attempt(event))
    run.on('reasoning-delta', ({ delta, path }) => path ?? this.#stream('reasoning', delta))
    run.on('text-delta', ({ delta, path }) => path ?? this.#stream('text', delta))
    run.on('message-end', (event) => (event.path === undefined ? this.#message(event) : this.#messageInside(event)))
    run.on('run-end', ({ agent, text }) => agent !== undefined && this.#answer(text))
    run.on('tool-start', (event) => this.#toolStart(event))
    run.on('tool-end', (event) => this.#toolEnd(event))
    run.on('step-retry', (event) => this.#retry(event))
    run.on('repaired', ({ message }) => this.note(say`repaired: ${ShownText.prose(message)}`))
    run.on('warning', ({ warning }) => this.note(say`warning: ${ShownText.prose(warning.message)}`))
  }

  /** Writes a note for people to stderr. */
  note(text: ShownText, style: Style = 'dim'): void {
    if (!this.#options.quiet) this.#write(text, style)
  }

  /** Writes an error for people to stderr, also with `quiet`. */
  fail({ code, message }: Pick<AgentError, 'code' | 'message'>): void {
    this.#write(say`error (${code}): ${ShownText.prose(message)}`, 'red')
  }

  /** Writes lines that must be seen, also with `quiet`, such as a question. */
  lines(lines: readonly ShownText[], style?: Style): void {
    this.#endBlock()
    for (const line of lines) this.#screen.stderr.write(say`${style === undefined ? line : this.#style(style, line)}\n`)
  }

  #write(text: ShownText, style: Style): void {
    this.lines([wrapText(text, columnsOf(this.#screen.stderr), '  ')], style)
  }

  #attempt({ step, attempt, model, path }: RunEventOf<'attempt'>): void {
    this.note(say`· ${prefixOf(path)}step ${step}${attempt === 1 ? '' : `, attempt ${attempt}`}: ${model}`)
  }

  #stream(block: Block, delta: string): void {
    const output = block === 'text' ? this.#live : this.#screen.stderr
    if (output === undefined || (this.#options.quiet && block === 'reasoning')) return
    this.#hasShown = true
    if (this.#block !== block) {
      this.#endBlock()
      this.#block = block
      this.#prose = new ProseStream()
      this.#wrapper = new LineWrapper(columnsOf(output), '  ')
      if (block === 'reasoning') this.#think(say`  thinks: `)
    }
    const text = this.#prose.push(delta)
    if (block === 'reasoning') this.#think(text)
    else output.write(text)
  }

  #think(text: ShownText): void {
    this.#screen.stderr.write(this.#style('dim', this.#wrapper.push(text)))
  }

  #message({ message, finishReason, replayed }: RunEventOf<'message-end'>): void {
    this.#endBlock()
    const text = textOf(message)
    // Streamed text was already shown. Of replayed messages, only the result is shown again.
    const isShown = replayed ? finishReason === 'tool-calls' : this.#live === this.#screen.stdout
    if (text === '' || isShown) return
    // Text beside tool calls is a comment. Only the text of the last step is the result.
    if (finishReason !== 'tool-calls' && this.#options.answers) this.#answer(text)
    else if (finishReason === 'tool-calls' && this.#live === undefined) this.note(say`  says: ${ShownText.prose(text)}`)
  }

  #messageInside({ message, path, replayed }: RunEventOf<'message-end'>): void {
    const text = textOf(message)
    if (text !== '' && replayed !== true) this.note(say`  ${prefixOf(path)}says: ${ShownText.prose(text)}`)
  }

  #answer(text: string): void {
    const { stdout } = this.#screen
    if (this.#options.answers) stdout.write(say`${ShownText.exact(text, stdout)}${text.endsWith('\n') ? '' : ShownText.newline}`)
  }

  #toolStart({ toolName, input, path }: RunEventOf<'tool-start'>): void {
    this.#line(say`→ ${prefixOf(path)}${toolName} `, ShownText.strict(input), 'cyan')
  }

  #toolEnd({ toolName, status, text, ms, replayed, path }: RunEventOf<'tool-end'>): void {
    if (replayed) return
    const time = status === 'ok' || ms > 0 ? ` (${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms)` : ''
    const name = status === 'ok' ? toolName : `${toolName} ${status}`
    this.#line(say`← ${prefixOf(path)}${name}${time}: `, ShownText.line(text), status === 'ok' ? 'green' : 'yellow')
  }

  #retry({ delayMs, error, path }: RunEventOf<'step-retry'>): void {
    const delay = delayMs > 0 ? ` in ${(delayMs / 1_000).toFixed(1)} s` : ''
    const advice = this.#hasShown && path === undefined ? ' Ignore the text of this step so far.' : ''
    if (path === undefined) this.#hasShown = false
    this.note(say`! ${prefixOf(path)}${ShownText.prose(error.message)} The step starts again${delay}.${advice}`, 'yellow')
  }

  #line(head: ShownText, rest: ShownText, style: Style): void {
    if (this.#options.quiet) return
    const columns = this.#options.full ? Number.POSITIVE_INFINITY : roomOf(this.#screen.stderr) - [...head.toString()].length
    this.lines([say`${this.#style(style, head)}${fitLine(rest, columns)}`])
  }

  #endBlock(): void {
    const block = this.#block
    this.#block = 'none'
    if (block === 'reasoning') this.#screen.stderr.write(say`${this.#style('dim', this.#wrapper.end(this.#prose.end()))}\n`)
    else if (block === 'text') this.#live?.write(say`${this.#prose.end()}\n`)
  }
}

/** Names the agent inside the run that an event comes from. */
function prefixOf(path: RunEvent['path']): string {
  return path === undefined ? '' : `${path.join(' > ')}: `
}

/** Writes every event as a line of JSON. */
export function writeEvents(run: Run, stdout: Output): void {
  const types: readonly RunEvent['type'][] = [
    'run-start',
    'step-start',
    'attempt',
    'reasoning-delta',
    'text-delta',
    'tool-call-delta',
    'step-retry',
    'message-end',
    'tool-start',
    'tool-progress',
    'tool-end',
    'repaired',
    'warning',
    'step-end',
    'history-edit',
    'run-end',
    'run-error',
  ]
  for (const type of types) run.on(type, (event) => stdout.write(say`${ShownText.json(event)}\n`))
}
