/** Time zones of some cities, by their English and, for some, Chinese names. A key is in lower case. */
export const cityZones: Readonly<Record<string, string>> = {
  ...{ amsterdam: 'Europe/Amsterdam', athens: 'Europe/Athens', auckland: 'Pacific/Auckland', bangkok: 'Asia/Bangkok', beijing: 'Asia/Shanghai' },
  ...{ berlin: 'Europe/Berlin', boston: 'America/New_York', brussels: 'Europe/Brussels', 'buenos aires': 'America/Argentina/Buenos_Aires' },
  ...{ cairo: 'Africa/Cairo', chicago: 'America/Chicago', copenhagen: 'Europe/Copenhagen', delhi: 'Asia/Kolkata', denver: 'America/Denver' },
  ...{ dubai: 'Asia/Dubai', dublin: 'Europe/Dublin', guangzhou: 'Asia/Shanghai', hangzhou: 'Asia/Shanghai', helsinki: 'Europe/Helsinki' },
  ...{ 'hong kong': 'Asia/Hong_Kong', istanbul: 'Europe/Istanbul', jakarta: 'Asia/Jakarta', johannesburg: 'Africa/Johannesburg' },
  ...{ lagos: 'Africa/Lagos', lisbon: 'Europe/Lisbon', london: 'Europe/London', 'los angeles': 'America/Los_Angeles', madrid: 'Europe/Madrid' },
  ...{ melbourne: 'Australia/Melbourne', 'mexico city': 'America/Mexico_City', milan: 'Europe/Rome', montreal: 'America/Toronto' },
  ...{ moscow: 'Europe/Moscow', mumbai: 'Asia/Kolkata', munich: 'Europe/Berlin', nairobi: 'Africa/Nairobi', 'new york': 'America/New_York' },
  ...{ oslo: 'Europe/Oslo', paris: 'Europe/Paris', prague: 'Europe/Prague', rome: 'Europe/Rome', 'san francisco': 'America/Los_Angeles' },
  ...{ 'são paulo': 'America/Sao_Paulo', 'sao paulo': 'America/Sao_Paulo', seattle: 'America/Los_Angeles', seoul: 'Asia/Seoul' },
  ...{ shanghai: 'Asia/Shanghai', shenzhen: 'Asia/Shanghai', singapore: 'Asia/Singapore', stockholm: 'Europe/Stockholm' },
  ...{ sydney: 'Australia/Sydney', taipei: 'Asia/Taipei', tokyo: 'Asia/Tokyo', toronto: 'America/Toronto', vancouver: 'America/Vancouver' },
  ...{ vienna: 'Europe/Vienna', warsaw: 'Europe/Warsaw', washington: 'America/New_York', zurich: 'Europe/Zurich' },
  ...{ 北京: 'Asia/Shanghai', 上海: 'Asia/Shanghai', 杭州: 'Asia/Shanghai', 深圳: 'Asia/Shanghai', 广州: 'Asia/Shanghai', 成都: 'Asia/Shanghai' },
  ...{ 东京: 'Asia/Tokyo', 巴黎: 'Europe/Paris', 伦敦: 'Europe/London', 纽约: 'America/New_York', 柏林: 'Europe/Berlin' },
}

const COUNTRIES =
  'Argentina|Australia|Austria|Belgium|Brazil|Canada|Chile|China|Denmark|Egypt|England|Finland|France|Germany|Greece|India|Indonesia|Ireland|Israel|Italy|Japan|Kenya|Mexico|Morocco|Netherlands|New Zealand|Norway|Peru|Poland|Portugal|Scotland|South Korea|Spain|Sweden|Switzerland|Thailand|Turkey|Ukraine|United Kingdom|United States|Vietnam'

const KNOWN = new RegExp(
  `(?<!\\p{L})(?:${Object.keys(cityZones)
    .filter((name) => /^\p{Script=Latin}/u.test(name))
    .map(capitalize)
    .join('|')}|${COUNTRIES})(?!\\p{L})`,
  'gu',
)
const CHINESE = new RegExp(
  Object.keys(cityZones)
    .filter((name) => /^\p{Script=Han}/u.test(name))
    .join('|'),
  'gu',
)
const CAPITALIZED = "\\p{Lu}[\\p{L}'’-]+(?: (?:de |del |of |am |la )?\\p{Lu}[\\p{L}'’-]+){0,3}"
const AFTER_PREPOSITION = new RegExp(`(?<=\\b(?:in|for|at|near|from|to|of|around|visit|about|and|or|,) )${CAPITALIZED}`, 'gu')
const NOT_A_PLACE =
  /^(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|English|French|German|Spanish|Italian|Chinese|Japanese|JSON|UTC|GMT|API|I|It|The|What|Which|How|And|Then)\b/

/** A name in the text and where it stands. */
export interface FoundName {
  readonly text: string
  readonly start: number
  /** True for a name in the lists, false for a guess from capital letters. */
  readonly isKnown: boolean
}

/** Finds cities and countries: known ones anywhere, capitalised words after a preposition as a guess. */
export function findPlaces(text: string): readonly FoundName[] {
  const known = [...text.matchAll(KNOWN), ...text.matchAll(CHINESE)].map((found) => ({ text: found[0], start: found.index, isKnown: true }))
  const guessed = [...text.matchAll(AFTER_PREPOSITION)]
    .filter(
      (found) =>
        !NOT_A_PLACE.test(found[0]) && !known.some(({ start, text: name }) => start < found.index + found[0].length && found.index < start + name.length),
    )
    .map((found) => ({ text: found[0], start: found.index, isKnown: false }))
  return unique([...known, ...guessed].sort((left, right) => left.start - right.start))
}

/** Finds capitalised words that do not begin the text. */
export function findNames(text: string): readonly FoundName[] {
  const found = [...text.matchAll(new RegExp(`(?<=\\S\\s)${CAPITALIZED}`, 'gu'))].filter((name) => !NOT_A_PLACE.test(name[0]))
  return unique(found.map((name) => ({ text: name[0], start: name.index, isKnown: false })))
}

function unique(names: readonly FoundName[]): readonly FoundName[] {
  return names.filter((name, index) => names.findIndex((other) => other.text === name.text) === index)
}

function capitalize(name: string): string {
  return name.replace(/(?<=^| )\p{L}/gu, (letter) => letter.toUpperCase())
}
