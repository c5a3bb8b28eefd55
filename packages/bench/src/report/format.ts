/** A number as people read it: three digits that count. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 10 ? 1 : size >= 0.01 || size === 0 ? 2 : 4)
}

/** A number with its unit. */
export function formatWithUnit(value: number, unit: string): string {
  const joint = unit === '' || unit === '×' || unit === '%' ? '' : ' '
  return `${formatNumber(value)}${joint}${unit}`
}
