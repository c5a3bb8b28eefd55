import { type Answers, type Approval, answer, approve, deny, type Json, type OutcomeAnswer, type PendingQuestion } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { RunView } from './show-run.ts'

/** Reads one line from the person; `undefined` when there are no more. */
export type ReadLine = (prompt: string) => Promise<string | undefined>

/** Asks a person about each open question, inline. Returns `undefined` when the person left. */
export async function askPerson(questions: readonly PendingQuestion[], read: ReadLine, view: RunView): Promise<Answers | undefined> {
  const answers: Record<string, Approval | OutcomeAnswer> = {}
  for (const question of questions) {
    const answer = await askOne(question, read, view)
    if (answer === undefined) return undefined
    answers[question.id] = answer
  }
  return answers
}

async function askOne({ about }: PendingQuestion, read: ReadLine, view: RunView): Promise<Approval | OutcomeAnswer | undefined> {
  const { type, toolName, input, question = null }: Readonly<Record<string, Json>> = isJsonObject(about) ? about : {}
  const call = `${String(toolName)} ${JSON.stringify(input ?? null)}`
  if (type === 'outcome') {
    view.note(`It is not known whether this call was done: ${call}`, 'yellow')
    return await choose(read, 'done, failed or again? (d/f/a) ', { d: askOutput, f: askFailure, a: async () => ({ repeat: true }) })
  }
  if (type === 'question') {
    view.note(`Asked before this call: ${call}`, 'yellow')
    const words = await read(`${typeof question === 'string' ? question : JSON.stringify(question)} `)
    return words === undefined ? undefined : answer(words)
  }
  view.note(`This call needs your approval: ${call}`, 'yellow')
  return await choose(read, 'run it? yes, no or edit the input (y/n/edit) ', { y: async () => approve(), n: askReason, e: askInput })
}

type Choices = Readonly<Record<string, (read: ReadLine) => Promise<Approval | OutcomeAnswer | undefined>>>

async function choose(read: ReadLine, prompt: string, choices: Choices): Promise<Approval | OutcomeAnswer | undefined> {
  for (;;) {
    const line = await read(prompt)
    if (line === undefined) return undefined
    const letter = line.trim().toLowerCase().slice(0, 1)
    const chosen = Object.hasOwn(choices, letter) ? await choices[letter]?.(read) : undefined
    if (chosen !== undefined) return chosen
  }
}

async function askReason(read: ReadLine): Promise<Approval> {
  const reason = await read('reason (may be empty) ')
  return deny(reason?.trim() || undefined)
}

async function askOutput(read: ReadLine): Promise<OutcomeAnswer> {
  return { output: (await read('its output ')) ?? '' }
}

async function askFailure(read: ReadLine): Promise<OutcomeAnswer> {
  return { failed: (await read('what failed ')) ?? '' }
}

// What is no JSON is no input: the question is asked again.
async function askInput(read: ReadLine): Promise<Approval | undefined> {
  const line = await read('input as JSON ')
  try {
    // JSON.parse returns JSON.
    return line === undefined ? undefined : approve(JSON.parse(line) as Json)
  } catch {
    return undefined
  }
}
