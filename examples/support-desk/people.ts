/** Somebody who is logged in. It is the principal of the server: runs, sessions and budgets belong to `id`. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  /** Only supervisors answer questions, and see the runs and traces of all customers. */
  readonly role: 'customer' | 'supervisor'
  /** For the start page. */
  readonly about: string
  /** Tokens that the runs of this person may use in an hour. */
  readonly tokensPerHour: number
}

/** The made-up people of the demo. REPLACE this by your own accounts. */
const people: readonly Person[] = [
  {
    id: 'mia',
    name: 'Mia Winter',
    email: 'mia@home.example',
    role: 'customer',
    about: 'Has three orders. Broken cups, a late blanket, and a note that tries to trick the agent.',
    tokensPerHour: 200_000,
  },
  {
    id: 'noor',
    name: 'Noor Aziz',
    email: 'noor@home.example',
    role: 'customer',
    about: 'Has one order, and a budget that is used up after one or two questions.',
    tokensPerHour: 2_500,
  },
  {
    id: 'sam',
    name: 'Sam Okafor',
    email: 'sam@desk.example',
    role: 'supervisor',
    about: 'Approves or denies what the agent wants to do, and sees the trace of every run.',
    tokensPerHour: 200_000,
  },
]

export function personOf(id: string): Person | undefined {
  return people.find((person) => person.id === id)
}

/** What the start page offers. */
export function listPeople(): readonly Person[] {
  return people
}

/** Whether a person may answer a question about a run of a customer: a second person, never the customer. */
export function mayDecide(person: Person | undefined, owner: string): boolean {
  return person?.role === 'supervisor' && person.id !== owner
}
