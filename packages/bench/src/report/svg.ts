/** Colours of lines, told apart on light and dark backgrounds. */
export const colours = ['#8a8f98', '#e4572e', '#2e86ab', '#7a9e3d', '#a05fb5', '#d1a02c', '#4fa39b'] as const

const style = `text{font:12px system-ui,sans-serif;fill:#1f2328}.head{font-weight:600;font-size:13px}.end{text-anchor:end}.middle{text-anchor:middle}.ours{font-weight:600}
.bar{fill:#9aa4b2}.bar-ours{fill:#e4572e}.range{stroke:#1f2328;stroke-width:1.5}.target{stroke:#1a7f37;stroke-width:1.5;stroke-dasharray:4 3;fill:none}
.grid{stroke:#d0d7de;stroke-width:.7;fill:none}.line{fill:none;stroke-width:2}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#5b6573}.range{stroke:#e6edf3}.grid{stroke:#30363d}.target{stroke:#3fb950}}`

/** A complete SVG document. */
export function drawing({ width, height, title, body }: { width: number; height: number; title: string; body: string }): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>${escapeText(title)}</title><style>${style}</style>${body}</svg>\n`
}

/** A text at a position. */
export function text([x, y]: readonly [number, number], content: string, className: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${className === '' ? '' : ` class="${className}"`}>${escapeText(content)}</text>`
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** An axis: the position of a value, and the values that are labelled. */
export interface Axis {
  readonly ticks: readonly number[]
  at(value: number): number
}

/** Fits an axis to values: from zero, or by powers of ten. */
export function axisOf(values: readonly number[], { isLog, from, to }: { isLog: boolean; from: number; to: number }): Axis {
  const most = Math.max(...values)
  if (!isLog) {
    const step = niceStep(most / 5)
    const end = Math.ceil(most / step) * step
    const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step)
    return { ticks, at: (value) => from + (value / end) * (to - from) }
  }
  const low = Math.floor(Math.log10(Math.min(...values.filter((value) => value > 0))) * 3) / 3
  const high = Math.ceil(Math.log10(most) * 3) / 3
  const ticks = [1, 2, 5]
    .flatMap((digit) => Array.from({ length: 9 }, (_, power) => digit * 10 ** (power - 1)))
    .filter((tick) => Math.log10(tick) >= low - 1e-9 && Math.log10(tick) <= high + 1e-9)
  return { ticks, at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) }
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 5, 10].find((digit) => digit * power >= rough) ?? 10) * power
}
