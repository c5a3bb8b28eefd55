import { el } from './dom.ts'

const suggestions = [
  'Where is my order A-1002?',
  'The espresso cups of A-1001 arrived broken. I want my money back.',
  'Is there anything odd about order A-1003?',
  'How do refunds work here?',
]

/** What a new conversation begins with. */
export function welcome(send: (text: string) => void): HTMLElement {
  const buttons = suggestions.map((text) => el('button', { type: 'button', click: () => send(text) }, text))
  return el(
    'section',
    { class: 'welcome' },
    el('h1', {}, 'How can we help?'),
    el('p', {}, 'Ask about an order, or for your money back. Larger refunds are decided by a person.'),
    el('div', { class: 'suggestions' }, ...buttons),
  )
}
