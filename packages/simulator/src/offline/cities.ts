/** Cities by time zone: English and, for some, Chinese names, in lower case. */
const citiesByZone: Readonly<Record<string, string>> = {
  ...{ 'Europe/Amsterdam': 'amsterdam', 'Europe/Athens': 'athens', 'Pacific/Auckland': 'auckland', 'Asia/Bangkok': 'bangkok', 'Africa/Cairo': 'cairo' },
  ...{ 'Europe/Berlin': 'berlin, munich, 柏林', 'Europe/Brussels': 'brussels', 'America/Argentina/Buenos_Aires': 'buenos aires', 'Asia/Dubai': 'dubai' },
  ...{ 'America/New_York': 'boston, new york, washington, 纽约', 'America/Chicago': 'chicago', 'Europe/Copenhagen': 'copenhagen', 'Europe/Dublin': 'dublin' },
  ...{ 'Asia/Shanghai': 'beijing, guangzhou, hangzhou, shanghai, shenzhen, 北京, 上海, 杭州, 深圳, 广州, 成都', 'America/Denver': 'denver' },
  ...{ 'Asia/Kolkata': 'delhi, mumbai', 'Europe/Helsinki': 'helsinki', 'Asia/Hong_Kong': 'hong kong', 'Europe/Istanbul': 'istanbul' },
  ...{ 'Asia/Jakarta': 'jakarta', 'Africa/Johannesburg': 'johannesburg', 'Africa/Lagos': 'lagos', 'Europe/Lisbon': 'lisbon', 'Europe/London': 'london, 伦敦' },
  ...{ 'America/Los_Angeles': 'los angeles, san francisco, seattle', 'Europe/Madrid': 'madrid', 'Australia/Melbourne': 'melbourne' },
  ...{ 'America/Mexico_City': 'mexico city', 'Europe/Rome': 'milan, rome', 'America/Toronto': 'montreal, toronto', 'Europe/Moscow': 'moscow' },
  ...{ 'Africa/Nairobi': 'nairobi', 'Europe/Oslo': 'oslo', 'Europe/Paris': 'paris, 巴黎', 'Europe/Prague': 'prague', 'Asia/Seoul': 'seoul' },
  ...{ 'America/Sao_Paulo': 'são paulo, sao paulo', 'Asia/Singapore': 'singapore', 'Europe/Stockholm': 'stockholm', 'Australia/Sydney': 'sydney' },
  ...{ 'Asia/Taipei': 'taipei', 'Asia/Tokyo': 'tokyo, 东京', 'America/Vancouver': 'vancouver', 'Europe/Vienna': 'vienna', 'Europe/Warsaw': 'warsaw' },
  ...{ 'Europe/Zurich': 'zurich' },
}

/** The time zone of each city. */
export const cityZones: readonly (readonly [city: string, zone: string])[] = Object.entries(citiesByZone).flatMap(([zone, cities]) =>
  cities.split(', ').map((city) => [city, zone] as const),
)

const COUNTRIES =
  'Argentina|Australia|Austria|Belgium|Brazil|Canada|Chile|China|Denmark|Egypt|England|Finland|France|Germany|Greece|India|Indonesia|Ireland|Israel|Italy|Japan|Kenya|Mexico|Morocco|Netherlands|New Zealand|Norway|Peru|Poland|Portugal|Scotland|South Korea|Spain|Sweden|Switzerland|Thailand|Turkey|Ukraine|United Kingdom|United States|Vietnam'

const CHINESE = /^\p{Script=Han}/u
const LATIN_CITIES = cityZones.flatMap(([city]) => (CHINESE.test(city) ? [] : city.replace(/(?<=^| )\p{L}/gu, (letter) => letter.toUpperCase())))
const CHINESE_CITIES = cityZones.flatMap(([city]) => (CHINESE.test(city) ? city : []))
const KNOWN = new RegExp(`(?<!\\p{L})(?:${LATIN_CITIES.join('|')}|${COUNTRIES})(?!\\p{L})|${CHINESE_CITIES.join('|')}`, 'gu')
const CAPITALIZED = "\\p{Lu}[\\p{L}'’-]+(?: (?:de |del |of |am |la )?\\p{Lu}[\\p{L}'’-]+){0,3}"
const AFTER_PREPOSITION = new RegExp(`(?<=\\b(?:in|for|at|near|from|to|of|around|visit|about|and|or|,) )${CAPITALIZED}`, 'gu')
const WITHIN_SENTENCE = new RegExp(`(?<=\\S\\s)${CAPITALIZED}`, 'gu')
const NO_NAME =
  /^(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|English|French|German|Spanish|Italian|Chinese|Japanese|JSON|UTC|GMT|API|I|It|The|What|Which|How|And|Then)\b/

/** Finds cities and countries: known ones anywhere, and as a guess capitalised words after a preposition. */
export function findLocations(text: string): readonly string[] {
  const known = [...text.matchAll(KNOWN)]
  const overlaps = (found: RegExpExecArray): boolean =>
    known.some(({ index, 0: name }) => index < found.index + found[0].length && found.index < index + name.length)
  const guessed = [...text.matchAll(AFTER_PREPOSITION)].filter((found) => !NO_NAME.test(found[0]) && !overlaps(found))
  return [...new Set([...known, ...guessed].sort((left, right) => left.index - right.index).map((found) => found[0]))]
}

/** Finds capitalised words that do not begin the text. */
export function findNames(text: string): readonly string[] {
  return [...new Set([...text.matchAll(WITHIN_SENTENCE)].map((found) => found[0]).filter((name) => !NO_NAME.test(name)))]
}
