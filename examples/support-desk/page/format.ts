const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })
const numbers = new Intl.NumberFormat('en')

/** A value of a call as text: exactly, and amounts also in the form that people know. */
export function showValue(name: string, value: unknown): string {
  if (name === 'cents' && typeof value === 'number') return `${value} (${euros.format(value / 100)})`
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
}

export function showNumber(value: number): string {
  return numbers.format(value)
}

export function showTime(at: number): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date().toDateString()
  return date.toLocaleString('en-GB', isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' })
}

// Characters that control a terminal, hide, or turn the direction of text. The joiner inside an emoji is allowed.
const hiding = /(?![\n\t])(?!(?<=\p{Extended_Pictographic}\ufe0f?)\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Shows characters that could hide or turn text around, such as in `evil\u202etxt.exe`, by their numbers. */
export function visible(text: string): string {
  return text.replace(hiding, (character) => `\u27e8U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`)
}

/** A record of values: the input of a call. Anything else has no fields. */
export function fieldsOf(input: unknown): readonly (readonly [string, unknown])[] {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? Object.entries(input) : []
}
