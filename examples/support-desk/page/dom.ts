type Child = Node | string | undefined
type Attribute = string | boolean | undefined | ((event: Event) => unknown)

/**
 * Makes an element. Texts become text nodes, whatever is in them: nothing on this page is ever parsed as HTML. An attribute that is `true` is set
 * without a value, one that is `false` or `undefined` is left out, and a function listens to the event of that name.
 */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** Changes a text only if it is another one, so that a selection in it stays. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Says something to people who do not see the page. */
export function announce(text: string): void {
  const element = document.getElementById('announcements')
  if (element !== null) element.textContent = text
}

/** Calls `draw` with the newest value, at most once for each picture that the browser shows. */
export function drawer<Value>(draw: (value: Value) => void): (value: Value) => void {
  let newest: { readonly value: Value } | undefined
  return (value) => {
    if (newest === undefined) {
      // A page in the background shows no pictures, so a timer draws, too.
      const show = (): void => {
        cancelAnimationFrame(frame)
        clearTimeout(timer)
        if (newest === undefined) return
        const { value: last } = newest
        newest = undefined
        draw(last)
      }
      const frame = requestAnimationFrame(show)
      const timer = setTimeout(show, 250)
    }
    newest = { value }
  }
}
