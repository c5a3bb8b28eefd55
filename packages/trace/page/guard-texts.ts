import { options, type VNode } from 'preact'
import { misleading, nameOf } from '../src/viewer/model/shown-text.ts'

const shown = ['children', 'title', 'aria-label']

/**
 * Makes every text that an element of the page shows harmless, whichever component it comes from: `Line` and `Text` mark hidden characters, and
 * here those get names that are shown without one, such as in the name of a tool that a model made up.
 */
export function guardTexts(): void {
  const next = options.vnode
  options.vnode = (vnode) => {
    if (typeof vnode.type === 'string') clean(vnode.props as Record<string, unknown>)
    next?.(vnode)
  }
}

function clean(props: Record<string, unknown>): void {
  for (const name of shown) {
    const value = props[name]
    if (typeof value === 'string') props[name] = plain(value)
    else if (Array.isArray(value)) props[name] = value.map((child: string | VNode) => (typeof child === 'string' ? plain(child) : child))
  }
}

function plain(text: string): string {
  return text.replace(misleading, nameOf)
}
