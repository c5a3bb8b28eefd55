/** The states of an item: still to do, at work, done, or given up. */
export const planStates = ['open', 'active', 'done', 'dropped'] as const

/** One item of a plan. */
export interface PlanItem {
  /** One line of text. No two items of a plan have the same. */
  readonly text: string
  readonly state: (typeof planStates)[number]
}

/** The most items of a plan, and the most characters of one item. */
export const planLimits = { items: 50, textLength: 300 } as const

// What ends a line, changes the order of characters or cannot be seen: such a text could pass for other items.
const unclear = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u202a-\u202e\u2066-\u2069]/u
const emptyPlan = 'The plan is empty.'
const line = /^(\d+)\. \[(open|active|done|dropped)\] (.+)$/u

/** Says what is wrong with a plan and how to correct it; `undefined` when it is right. */
export function problemOf(items: readonly PlanItem[]): string | undefined {
  const seen = new Map<string, number>()
  for (const [index, { text }] of items.entries()) {
    const item = `Item ${index + 1}`
    if (text !== text.trim() || text === '') return `${item} is blank, or begins or ends with white space. Give it one line of text.`
    if (unclear.test(text)) return `${item} contains a line break or a control character. Give it one line of text, and make further lines further items.`
    const first = seen.get(text)
    if (first !== undefined) return `Items ${first} and ${index + 1} have the same text. Give each item a text of its own.`
    seen.set(text, index + 1)
  }
  const active = items.flatMap(({ state }, index) => (state === 'active' ? [index + 1] : []))
  if (active.length > 1) return `Items ${active.join(', ')} are active. At most one item can be active: set the others to "open" or "done".`
  return undefined
}

/** The complete plan as text. `parsePlan` reads it back. */
export function formatPlan(items: readonly PlanItem[]): string {
  if (items.length === 0) return emptyPlan
  const done = items.filter(({ state }) => state === 'done').length
  return [`Plan, ${done} of ${items.length} done:`, ...items.map(({ text, state }, index) => `${index + 1}. [${state}] ${text}`)].join('\n')
}

/** Reads what `formatPlan` wrote; `undefined` for any other text. */
export function parsePlan(text: string): readonly PlanItem[] | undefined {
  if (text === emptyPlan) return []
  const items = text.split('\n').slice(1).flatMap(parseLine)
  return items.length > 0 && formatPlan(items) === text ? items : undefined
}

function parseLine(written: string): readonly PlanItem[] {
  const [, , found, text = ''] = line.exec(written) ?? []
  const state = planStates.find((name) => name === found)
  return state === undefined ? [] : [{ text, state }]
}
