/** Which tools of a server are offered, by the names that the server uses. `*` stands for any characters. */
export interface Selection {
  readonly allow: readonly string[] | undefined
  readonly deny: readonly string[]
}

/** True for a tool that is allowed and not denied. */
export function isSelected(name: string, { allow, deny }: Selection): boolean {
  const fits = (pattern: string): boolean => matches(name, pattern)
  return (allow === undefined || allow.some(fits)) && !deny.some(fits)
}

/** The patterns that fit no tool: probably misspelt. */
export function unusedPatterns(names: readonly string[], { allow = [], deny }: Selection): readonly string[] {
  return [...allow, ...deny].filter((pattern) => pattern !== '*' && !names.some((name) => matches(name, pattern)))
}

/** Linear in the length of the name for each `*`. */
function matches(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  const end = name.length - last.length
  let from = first.length
  for (const part of rest) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}
