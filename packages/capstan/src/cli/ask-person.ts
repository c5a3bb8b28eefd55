import { type Answers, type Approval, answer, approve, deny, type Json, type OutcomeAnswer, type PendingQuestion } from '@capstan/core'
import { readJson } from './read-json.ts'
import { type Asked, askedIn, askedLines } from './show-question.ts'
import type { RunView } from './show-run.ts'
import { columnsOf, type Output } from './terminal/output.ts'
import { type ShownText, say } from './terminal/shown-text.ts'

/** What is needed to ask a person. */
export interface Dialogue {
  readonly view: RunView
  /** The output on which questions are shown. */
  readonly output: Output
  /** Waits until no more input arrives, and drops what was typed until then. */
  discard(): Promise<void>
  /** Waits until no more input arrives. Returns true if nothing else came: a word in a text that was pasted is not an answer. */
  isAlone(): Promise<boolean>
  /** Drops the lines that are not read yet. */
  drop(): void
  /** Reads a line; `undefined` at the end of the input. */
  read(prompt: ShownText): Promise<string | undefined>
}

type Given = Approval | OutcomeAnswer
/** What a word of the person does. `undefined` means the end of the input. */
type Action = () => Promise<Given | 'ask-again' | undefined>

/** Asks a person about each pending question. Returns `undefined` at the end of the input. */
export async function askPerson(questions: readonly PendingQuestion[], dialogue: Dialogue): Promise<Answers | undefined> {
  const answers: Record<string, Given> = {}
  for (const question of questions) {
    const given = await new OneQuestion(askedIn(question), dialogue).settle()
    if (given === undefined) return undefined
    answers[question.id] = given
  }
  return answers
}

/** One question to a person. Until the call was shown completely, the person cannot let it run. */
class OneQuestion {
  readonly #asked: Asked
  readonly #dialogue: Dialogue
  #edited: { readonly input: Json } | undefined
  #isComplete = false

  constructor(asked: Asked, dialogue: Dialogue) {
    this.#asked = asked
    this.#dialogue = dialogue
  }

  async settle(): Promise<Given | undefined> {
    await this.#dialogue.discard()
    this.#show(false)
    for (;;) {
      const actions = this.#actions()
      const action = await this.#choose(actions)
      const given = action === undefined ? undefined : await action()
      if (given !== 'ask-again') return given
    }
  }

  /** The words that a person may type now. */
  #actions(): Readonly<Record<string, Action>> {
    const { type } = this.#asked
    const ifComplete = <Actions>(actions: Actions): Actions | { readonly full: Action } => (this.#isComplete ? actions : { full: async () => this.#show(true) })
    const no: Action = async () => deny((await this.#dialogue.read(say`Reason, for the model (may be empty): `))?.trim() || undefined)
    if (type === 'outcome') {
      const done: Action = async () => this.#askText(say`Output of the call: `, (output) => ({ output }))
      const failed: Action = async () => this.#askText(say`What failed: `, (text) => ({ failed: text }))
      return { done, failed, ...ifComplete({ again: async () => this.#ifAlone({ repeat: true }) }) }
    }
    if (type === 'question') return { ...ifComplete({ answer: async () => this.#askText(say`Your answer: `, answer) }), no }
    const yes: Action = async () => this.#ifAlone({ approve: true, ...this.#edited })
    const target: Action = async () => this.#ifAlone(approve({ forTarget: true }))
    return { ...ifComplete({ yes, ...(this.#hasTargets && { target }) }), no, edit: async () => this.#edit() }
  }

  // What a person changed is approved once.
  get #hasTargets(): boolean {
    return this.#edited === undefined && (this.#asked.flow?.targets.length ?? 0) > 0
  }

  async #choose(actions: Readonly<Record<string, Action>>): Promise<Action | undefined> {
    const words = Object.keys(actions).join(', ')
    for (;;) {
      this.#dialogue.drop()
      const line = await this.#dialogue.read(say`${this.#asked.type === 'outcome' ? 'What is the outcome of the call?' : 'Run it?'} (${words}) `)
      if (line === undefined) return undefined
      const word = line.trim()
      if (Object.hasOwn(actions, word)) return actions[word]
      this.#dialogue.view.lines([say`Type one of these words: ${words}.`])
    }
  }

  /** A word that runs the call counts only by itself: what was pasted with it may say something else. */
  async #ifAlone(given: Given): Promise<Given | 'ask-again'> {
    if (await this.#dialogue.isAlone()) return given
    this.#dialogue.view.lines([say`More than this word came at once, so it does not count.`])
    return 'ask-again'
  }

  async #askText(prompt: ShownText, make: (text: string) => Given): Promise<Given | undefined> {
    const text = await this.#dialogue.read(prompt)
    return text === undefined ? undefined : make(text)
  }

  async #edit(): Promise<'ask-again' | undefined> {
    const line = await this.#dialogue.read(say`New input, as JSON on one line: `)
    if (line === undefined) return undefined
    try {
      this.#edited = { input: readJson(line) }
    } catch (error) {
      this.#dialogue.view.lines([say`The input is unchanged. ${error instanceof Error ? error.message : 'It is not valid JSON.'}`])
      return 'ask-again'
    }
    return this.#show(false)
  }

  #show(isFull: boolean): 'ask-again' {
    const { output, view } = this.#dialogue
    const lines = isFull ? Number.POSITIVE_INFINITY : Math.max(6, (output.rows || 24) - 8)
    const shown = askedLines(this.#asked, { columns: columnsOf(output), lines }, this.#edited?.input)
    this.#isComplete = !shown.isCut
    view.lines(shown.lines)
    if (!this.#isComplete) view.lines([say`Not everything is shown. To see all of it, type: full`], 'yellow')
    else if (this.#hasTargets) view.lines([say`To allow all calls of ${this.#asked.toolName} with these destinations, for the rest of the run, type: target`])
    return 'ask-again'
  }
}
