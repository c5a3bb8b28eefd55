/** A length of time, such as `850 ms`, `1.24 s` or `2 h 05 min`. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return ''
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${pad(Math.floor((ms % 60_000) / 1_000))} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${pad(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** A time on the axis: as `formatMs`, without digits that say nothing. */
export function formatTick(ms: number): string {
  if (ms === 0) return '0'
  if (ms >= 60_000) return formatMs(ms).replace(' 00 s', '').replace(' 00 min', '')
  return ms >= 1_000 ? `${Math.round(ms / 10) / 100} s` : formatMs(ms)
}

/** A number of tokens, such as `812`, `12.4k` or `1.20M`. */
export function formatCount(count: number | undefined): string {
  if (count === undefined) return '–'
  if (count < 10_000) return withCommas(count)
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(2)}M`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** An amount in millionths of a currency. */
export function formatMoney(micros: number, currency: string): string {
  const amount = micros / 1_000_000
  const digits = amount === 0 || amount >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(amount)))
  return `${amount.toFixed(digits)} ${currency}`
}

export function formatTime(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
}

export function formatPercent(part: number, of: number): string {
  return of === 0 ? '–' : `${Math.round((part / of) * 100)} %`
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${withCommas(count)} ${count === 1 ? one : many}`
}

/** `toLocaleString` does the same, and takes a third of the time in which a long run is drawn. */
function withCommas(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
