import { agents, type Person, type StaffRun, staffRuns } from './api.ts'
import { announce, el, setText } from './dom.ts'
import { showTime } from './format.ts'
import { ProblemBox, problemOf } from './problems.ts'
import { QuestionCard } from './question-card.ts'
import { Shell } from './shell.ts'
import { traceLink } from './trace-link.ts'

const pauseMs = 1_000

/** The page of a supervisor: what has to be decided, and the newest runs of all customers with their traces. */
export function staffPage(me: Person, people: readonly Person[]): HTMLElement {
  const nameOf = (id: string): string => people.find((person) => person.id === id)?.name ?? id
  const cards = new Map<string, QuestionCard>()
  const problems = new ProblemBox()
  const empty = el('p', { class: 'empty' }, 'Nothing to decide. Questions of the agent appear here by themselves.')
  const questions = el('section', { 'aria-label': 'Questions', tabindex: '-1' }, el('h1', {}, 'To decide'), empty)
  const runs = el('ul', { class: 'runs' })
  const newest = el('section', { 'aria-label': 'Runs' }, el('h1', {}, 'Newest runs'), runs)
  const count = el('button', { type: 'button', 'aria-current': 'true' }, 'Questions')
  const shell = new Shell({ me, list: el('nav', { 'aria-label': 'Desk' }, el('h2', {}, 'Desk'), el('ul', {}, el('li', {}, count))) })

  const showQuestions = async (): Promise<void> => {
    const open = new Map((await agents.questions()).map((each) => [each.question.id, each]))
    for (const [id, card] of cards) if (!open.has(id) && !card.isBusy) remove(id, card)
    for (const [id, question] of open) if (!cards.has(id)) add(id, new QuestionCard(question, nameOf(question.owner)))
    empty.hidden = cards.size > 0
    setText(count, cards.size === 0 ? 'Questions' : `Questions (${cards.size})`)
  }
  const add = (id: string, card: QuestionCard): void => {
    cards.set(id, card)
    questions.append(card.element)
    announce('There is a new question.')
  }
  const remove = (id: string, card: QuestionCard): void => {
    cards.delete(id)
    card.element.remove()
  }

  const refresh = async (): Promise<void> => {
    try {
      await showQuestions()
      showRuns(runs, await staffRuns())
      problems.clearOffline()
    } catch (error) {
      const problem = problemOf(error)
      if (problem.isSignedOut) return problems.show(problem)
      problems.showOffline()
    }
    setTimeout(() => void refresh(), pauseMs)
  }
  shell.show(el('main', { class: 'staff' }, problems.element, questions, newest))
  void refresh()
  return shell.element
}

const tones: Readonly<Record<string, string>> = { finished: 'good', paused: 'warn', unfinished: 'busy', limit: 'bad', unusable: 'bad', broken: 'bad' }
const names: Readonly<Record<string, string>> = { unfinished: 'at work', paused: 'waits' }

function showRuns(list: HTMLElement, runs: readonly StaffRun[]): void {
  const shown = runs.map(({ runId, customer, status }) => `${runId} ${customer} ${status}`).join('\n')
  // A list that did not change stays, with the focus in it.
  if (list.dataset['shown'] === shown) return
  list.dataset['shown'] = shown
  list.hidden = runs.length === 0
  const items = runs.map(({ runId, customer, status, beganAt, hasTrace }) =>
    el(
      'li',
      {},
      el('span', {}, customer, el('small', {}, showTime(beganAt))),
      el('span', { class: 'chip', 'data-tone': tones[status] }, names[status] ?? status),
      hasTrace ? traceLink(runId, `${customer}, ${showTime(beganAt)}`) : el('span'),
    ),
  )
  list.replaceChildren(...items)
}
