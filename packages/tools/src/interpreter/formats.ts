const maxShortLength = 300

/** The formats that are checked, by name. Each check takes linear time; other formats are not checked. */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date', short(isDate)],
  ['time', short(isTime)],
  ['date-time', short(isDateTime)],
  ['duration', short((text) => /^P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/.test(text))],
  ['email', short(isEmail)],
  ['hostname', short(isHostname)],
  ['ipv4', short(isIpv4)],
  ['ipv6', short(isIpv6)],
  ['uuid', short((text) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text))],
  ['uri', (text) => /^[a-z][a-z0-9+.-]*:./i.test(text) && isUriText(text)],
  ['url', (text) => /^(?:https?|ftp):\/\/[^/?#\s]/i.test(text) && isUriText(text.replace(/[^\0-\x7f]/g, 'x'))],
  ['uri-reference', isUriText],
  ['uri-template', (text) => isUriText(text.replace(/\{[^{}]*\}/g, ''))],
  ['regex', (text) => text.length <= 10_000 && isRegularExpression(text)],
  ['json-pointer', isPointer],
  ['json-pointer-uri-fragment', (text) => text.startsWith('#') && isPointer(text.slice(1)) && isUriText(text.slice(1))],
  ['relative-json-pointer', (text) => /^(?:0|[1-9]\d*)#?(?:\/|$)/.test(text) && isPointer(text.replace(/^\d+#?/, ''))],
])

function short(check: (text: string) => boolean): (text: string) => boolean {
  return (text) => text.length <= maxShortLength && check(text)
}

/** @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined || month < 1 || month > 12) return false
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (days[month - 1] ?? 0)
}

function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i.exec(text)
  if (match === null) return false
  const [hour = 0, minute = 0, second = 0] = match.slice(1, 4).map(Number)
  const [offsetHour, offsetMinute] = [Number(match[5] ?? 0), Number(match[6] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false
  // A leap second is the last second of a day in UTC.
  const offset = (offsetHour * 60 + offsetMinute) * (match[4] === '-' ? -1 : 1)
  return second < 60 || (hour * 60 + minute - offset + 1_440) % 1_440 === 1_439
}

function isDateTime(text: string): boolean {
  const [date = '', time = '', ...rest] = text.split(/[t\s]/i)
  return rest.length === 0 && isDate(date) && isTime(time)
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const [name, host] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || name.length > 64) return false
  const isQuoted = /^"(?:[^"\\]|\\.)*"$/.test(name)
  const isPlain = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]+$/i.test(name) && !/^\.|\.\.|\.$/.test(name)
  if (!isQuoted && !isPlain) return false
  const address = /^\[(ipv6:)?(.*)\]$/i.exec(host)
  if (address !== null) return address[1] === undefined ? isIpv4(address[2] ?? '') : isIpv6(address[2] ?? '')
  return isHostname(host)
}

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => label.length <= 63 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(label))
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function isIpv6(text: string): boolean {
  const [head = '', tail, ...rest] = text.split('::')
  const groups = [head, tail ?? ''].flatMap((part) => (part === '' ? [] : part.split(':')))
  const last = groups.at(-1) ?? ''
  const hasIpv4 = last.includes('.')
  if (rest.length > 0 || (hasIpv4 && !isIpv4(last))) return false
  const count = groups.length + (hasIpv4 ? 1 : 0)
  const isWhole = tail === undefined ? count === 8 : count < 8
  return isWhole && groups.slice(0, hasIpv4 ? -1 : groups.length).every((group) => /^[0-9a-f]{1,4}$/i.test(group))
}

/** @see https://www.rfc-editor.org/rfc/rfc3986#section-2 */
function isUriText(text: string): boolean {
  return !/[^a-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/i.test(text) && !/%(?![0-9a-f]{2})/i.test(text)
}

function isPointer(text: string): boolean {
  return (text === '' || text.startsWith('/')) && !/~(?![01])/.test(text)
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
