import { type Person, signOut } from './api.ts'
import { el } from './dom.ts'
import { avatar } from './start.ts'

interface ShellOptions {
  readonly me: Person
  /** Above the list. */
  readonly action?: HTMLElement
  readonly list: HTMLElement
}

/** The frame of every page: a side with a list and the login, and a place for the content. On a small screen the side is a bar with a menu. */
export class Shell {
  readonly element: HTMLElement = el('div', { class: 'shell' })
  readonly #side: HTMLElement
  readonly #menu = el('button', { class: 'button menu', type: 'button', 'aria-expanded': 'false', click: () => this.#toggle() }, 'Menu')

  constructor({ me, action, list }: ShellOptions) {
    const leave = el('button', { class: 'link', type: 'button', click: () => void signOut().then(() => location.assign('/')) }, 'Sign out')
    const role = el('small', {}, me.role === 'supervisor' ? 'Supervisor' : 'Customer')
    this.#side = el(
      'div',
      { class: 'side' },
      el('div', { class: 'brand' }, el('img', { src: '/icon.svg', alt: '' }), 'Support desk'),
      this.#menu,
      action,
      list,
      el('div', { class: 'me' }, avatar(me.name), el('div', {}, me.name, role), leave),
    )
    this.element.append(this.#side)
  }

  show(content: HTMLElement): void {
    this.#toggle(false)
    this.element.replaceChildren(this.#side, content)
  }

  #toggle(isOpen = !this.#side.classList.contains('open')): void {
    this.#side.classList.toggle('open', isOpen)
    this.#menu.setAttribute('aria-expanded', String(isOpen))
  }
}
