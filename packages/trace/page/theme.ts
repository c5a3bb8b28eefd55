const themes = ['', 'light', 'dark'] as const

/** Changes between the colours of the system, light and dark. The choice lasts as long as the page. */
export function nextTheme(): void {
  const { dataset } = document.documentElement
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  // The first press must change something.
  const order = isDark ? ['', 'light', 'dark'] : ['', 'dark', 'light']
  const next = order[(order.indexOf(dataset['theme'] ?? '') + 1) % themes.length] ?? ''
  if (next === '') delete dataset['theme']
  else dataset['theme'] = next
}
