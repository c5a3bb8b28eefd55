import { type AgentError, type Run, type RunEvent, type RunEventOf, textOf } from '@capstan/core'
import { columnsOf, type Output, oneLine, printable, roomOf, type Style, styleFor } from './terminal/output.ts'
import { LineWrapper, wrapText } from './terminal/wrap.ts'

/** Where a run is shown. `stdout` gets answers alone. */
export interface Screen {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
}

type Block = 'none' | 'reasoning' | 'text'

/** How much is shown. */
export interface ViewOptions {
  /** Nothing on stderr. */
  readonly quiet: boolean
  /** The answer on stdout. */
  readonly answers: boolean
}

/**
 * Shows a run as it happens: reasoning, tool calls and notes on stderr, the answer on stdout. On a terminal the answer streams;
 * into a pipe a step's text is written when the step is whole, so a broken attempt never leaves half an answer there.
 */
export class RunView {
  readonly #screen: Screen
  readonly #quiet: boolean
  readonly #answers: boolean
  readonly #style: (style: Style, text: string) => string
  readonly #live: Output | undefined
  #block: Block = 'none'
  #wrapper = new LineWrapper(80, '')

  constructor(screen: Screen, { quiet, answers }: ViewOptions) {
    this.#screen = screen
    this.#quiet = quiet
    this.#answers = answers
    this.#style = styleFor(screen.stderr, screen.env)
    if (answers && screen.stdout.isTTY) this.#live = screen.stdout
    else if (!quiet && screen.stderr.isTTY) this.#live = screen.stderr
  }

  /** Starts showing. */
  watch(run: Run): void {
    run.on('attempt', (event) => this.#attempt(event))
    run.on('reasoning-delta', ({ delta }) => this.#stream('reasoning', delta))
    run.on('text-delta', ({ delta }) => this.#stream('text', delta))
    run.on('message-end', (event) => this.#message(event))
    run.on('tool-start', (event) => this.#toolStart(event))
    run.on('tool-end', (event) => this.#toolEnd(event))
    run.on('step-retry', (event) => this.#retry(event))
    run.on('repaired', ({ message }) => this.note(`repaired: ${message}`))
    run.on('warning', ({ warning }) => this.note(`warning: ${warning.message}`))
  }

  /** A line of our own on stderr. */
  note(text: string, style: Style = 'dim'): void {
    if (this.#quiet) return
    this.#endBlock()
    this.#screen.stderr.write(`${this.#style(style, wrapText(printable(text), columnsOf(this.#screen.stderr), '  '))}\n`)
  }

  /** Writes an error for people, also when quiet: what helps is in its message. */
  fail(error: AgentError): void {
    this.#endBlock()
    const text = wrapText(`(${error.code}): ${printable(error.message)}`, columnsOf(this.#screen.stderr) - 6, '  ')
    this.#screen.stderr.write(`${this.#style('red', 'error')} ${text}\n`)
  }

  #attempt({ step, attempt, model }: RunEventOf<'attempt'>): void {
    const again = attempt === 1 ? '' : `, attempt ${attempt}`
    this.note(`· step ${step}${again}: ${model}`)
  }

  #stream(block: Block, delta: string): void {
    const output = block === 'text' ? this.#live : this.#screen.stderr
    if (output === undefined || (this.#quiet && block === 'reasoning')) return
    if (this.#block !== block) {
      this.#endBlock()
      this.#block = block
      this.#wrapper = new LineWrapper(columnsOf(output), '  ')
      if (block === 'reasoning') this.#think('  thinks: ')
    }
    if (block === 'reasoning') this.#think(delta)
    else output.write(printable(delta))
  }

  #think(text: string): void {
    this.#screen.stderr.write(this.#style('dim', this.#wrapper.push(printable(text))))
  }

  #message({ message, finishReason, replayed }: RunEventOf<'message-end'>): void {
    this.#endBlock()
    const text = textOf(message)
    // What was streamed is on the screen; of what was recorded before, the answer alone is worth a second look.
    const isShown = replayed ? finishReason === 'tool-calls' : this.#live === this.#screen.stdout
    if (text === '' || isShown) return
    // Text beside tool calls is commentary: only the last step's text is the answer.
    if (finishReason !== 'tool-calls' && this.#answers) this.#screen.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    else if (finishReason === 'tool-calls' && this.#live === undefined) this.note(`  says: ${text}`)
  }

  #toolStart({ toolName, input }: RunEventOf<'tool-start'>): void {
    this.#line(`→ ${toolName} `, JSON.stringify(input), 'cyan')
  }

  #toolEnd({ toolName, status, text, ms, replayed }: RunEventOf<'tool-end'>): void {
    if (replayed) return
    const time = status === 'ok' || ms > 0 ? ` (${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms)` : ''
    const name = status === 'ok' ? toolName : `${toolName} ${status}`
    this.#line(`← ${name}${time}: `, text, status === 'ok' ? 'green' : 'yellow')
  }

  #retry({ delayMs, error }: RunEventOf<'step-retry'>): void {
    this.note(`! ${error.message} The step starts again${delayMs > 0 ? ` in ${(delayMs / 1_000).toFixed(1)} s` : ''}; what was shown of it is void.`, 'yellow')
  }

  #line(head: string, rest: string, style: Style): void {
    if (this.#quiet) return
    this.#endBlock()
    const room = roomOf(this.#screen.stderr) - head.length - 1
    this.#screen.stderr.write(`${this.#style(style, printable(head))}${oneLine(rest, room)}\n`)
  }

  #endBlock(): void {
    if (this.#block === 'none') return
    if (this.#block === 'reasoning') this.#screen.stderr.write(`${this.#style('dim', this.#wrapper.end())}\n`)
    else this.#live?.write('\n')
    this.#block = 'none'
  }
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
    'run-end',
    'run-error',
  ]
  for (const type of types) run.on(type, (event) => stdout.write(`${JSON.stringify(event)}\n`))
}
