import { el } from './dom.ts'
import { visible } from './format.ts'

const sources = new WeakMap<Element, string>()

/**
 * Shows the text of a model: paragraphs, lists, bold, code. Everything else, such as a link, a picture or HTML, stays the text that it is, so an
 * address that the model was told to show cannot be clicked by mistake. Blocks that did not change stay, so a text can grow without flicker.
 */
export function showText(container: Element, text: string): void {
  const blocks = visible(text)
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
  for (const [index, source] of blocks.entries()) {
    const shown = container.children[index]
    if (shown !== undefined && sources.get(shown) === source) continue
    const block = blockOf(source)
    sources.set(block, source)
    if (shown === undefined) container.append(block)
    else shown.replaceWith(block)
  }
  while (container.children.length > blocks.length) container.lastElementChild?.remove()
}

function blockOf(source: string): Element {
  const lines = source.split('\n')
  const first = lines.findIndex((line) => isItem(line))
  const isList = first >= 0 && lines.slice(first).every((line) => isItem(line))
  if (!isList) return el('p', {}, ...inline(source))
  const list = el('ul', {}, ...lines.slice(first).map((line) => el('li', {}, ...inline(line.replace(item, '')))))
  return first === 0 ? list : el('div', {}, el('p', {}, ...inline(lines.slice(0, first).join('\n'))), list)
}

const item = /^\s*(?:[-*\u2022]|\d{1,2}\.)\s+/

function isItem(line: string): boolean {
  return item.test(line)
}

function inline(text: string): readonly (Node | string)[] {
  return text.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return el('strong', {}, part.slice(2, -2))
    return /^`.+`$/.test(part) ? el('code', {}, part.slice(1, -1)) : part
  })
}
