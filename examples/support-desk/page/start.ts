import { type Person, signIn } from './api.ts'
import { el } from './dom.ts'
import { ProblemBox, problemOf } from './problems.ts'

/** The start page: choose who you are. */
export function startPage(people: readonly (Person & { readonly about: string })[], done: () => void): HTMLElement {
  const problems = new ProblemBox()
  const choose = (id: string): void => void signIn(id).then(done, (error: unknown) => problems.show(problemOf(error)))
  const cards = people.map(({ id, name, role, about }) =>
    el(
      'button',
      { class: 'person', type: 'button', click: () => choose(id) },
      avatar(name),
      el('b', {}, name),
      el('span', {}, role === 'customer' ? 'Customer' : 'Supervisor'),
      el('span', { class: 'about' }, about),
    ),
  )
  return el(
    'main',
    { class: 'start' },
    el('img', { src: '/icon.svg', alt: '' }),
    el('h1', {}, 'Who are you today?'),
    el('p', {}, 'Ask for a refund as a customer, and decide about it as the supervisor: ', ...secondWindow()),
    el('div', { class: 'people' }, ...cards),
    problems.element,
    el('p', { class: 'note' }, 'These people are made up, and there is no password.'),
  )
}

/** A browser keeps another login for another name of the same desk. */
function secondWindow(): readonly (Node | string)[] {
  const other = { localhost: '127.0.0.1', '127.0.0.1': 'localhost' }[location.hostname]
  if (other === undefined) return ['in another browser.']
  return [el('a', { class: 'link', href: `//${other}:${location.port}/`, target: '_blank', rel: 'noopener' }, 'open a second window'), '.']
}

export function avatar(name: string): HTMLElement {
  const letters = name.split(' ').map((word) => word.charAt(0))
  return el('span', { class: 'avatar', 'aria-hidden': 'true' }, letters.join('').slice(0, 2))
}
