import { isNotable, type Row } from '../src/viewer/model/row.ts'
import { tabsOf } from './detail.ts'
import { store } from './store.ts'
import { nextTheme } from './theme.ts'

/** What each key does, besides those of the focused element. */
const actions: Readonly<Record<string, () => void>> = {
  ArrowDown: () => store.move(1),
  j: () => store.move(1),
  ArrowUp: () => store.move(-1),
  k: () => store.move(-1),
  PageDown: () => store.move(20),
  PageUp: () => store.move(-20),
  Home: () => store.move(-Number.MAX_SAFE_INTEGER),
  End: () => store.move(Number.MAX_SAFE_INTEGER),
  ArrowRight: open,
  Enter: open,
  ArrowLeft: close,
  n: () => store.move(1, isTarget),
  N: () => store.move(-1, isTarget),
  '/': () => document.querySelector<HTMLInputElement>('#search')?.focus(),
  p: () => {
    store.isNotableOnly.value = !store.isNotableOnly.value
  },
  z: () => {
    store.switchAxis()
  },
  t: nextTheme,
  '?': () => {
    store.isHelpOpen.value = true
  },
  Escape: leave,
}

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isForFocused(event)) return
    const number = Number(event.key)
    const action = number >= 1 && number <= 4 ? () => selectTab(number - 1) : actions[event.key]
    if (action === undefined) return
    event.preventDefault()
    action()
  })
}

/** True for a key that the focused element needs: text, Enter on a button, and the keys that scroll the details. */
function isForFocused({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return key !== 'Escape'
  if (/^(?:BUTTON|SUMMARY|A)$/.test(target.tagName)) return key === 'Enter'
  return target.closest('.detail-body') !== null && /^(?:ArrowDown|ArrowUp|PageDown|PageUp|Home|End)$/.test(key)
}

function selectTab(index: number): void {
  const row = store.selected.value
  const tab = row === undefined ? undefined : tabsOf(row)[index]?.[0]
  if (tab !== undefined) store.tab.value = tab
}

function isTarget(row: Row): boolean {
  const matches = store.matches.value
  return matches === undefined ? isNotable(row) : matches.has(row)
}

function open(): void {
  const row = store.selected.value
  if (row === undefined) return
  if (row.children.length > 0 && store.isCollapsed(row)) store.toggle(row, false)
  else store.isDetailOpen.value = true
}

function close(): void {
  const row = store.selected.value
  if (store.isDetailOpen.value && innerWidth < 900) store.isDetailOpen.value = false
  else if (row !== undefined && row.children.length > 0 && !store.isCollapsed(row)) store.toggle(row, true)
  else if (row?.parent !== undefined) store.select(row.parent, { open: false })
}

function leave(): void {
  if (store.isHelpOpen.value) store.isHelpOpen.value = false
  else if (document.activeElement instanceof HTMLInputElement) {
    store.query.value = ''
    document.activeElement.blur()
  } else if (store.isDetailOpen.value) store.isDetailOpen.value = false
}
