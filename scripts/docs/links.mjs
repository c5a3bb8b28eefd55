// Links of Markdown pages to files, and to headings of pages.
import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readText, root } from '../project-files.mjs'

/** @type {Map<string, Set<string>>} */
const anchors = new Map()

/** What is wrong with the links of a page. @param {string} page */
export function deadLinks(page) {
  const links = [...proseOf(readText(page)).matchAll(/\]\((?!https?:|mailto:)<?([^)\s>]+)>?[^)]*\)|<(?:a href|img src)="(?!https?:|mailto:)([^"]+)"/g)]
  return links.map((match) => match[1] ?? match[2] ?? '').flatMap((target) => problemOf(page, target))
}

/** @param {string} page @param {string} target */
function problemOf(page, target) {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path))
  if (!existsSync(join(root, file))) return [`${page}: links to ${target}, which does not exist`]
  if (anchor === undefined || /^L\d+/.test(anchor)) return []
  // A link to a folder shows its README.
  const shown = statSync(join(root, file)).isDirectory() ? posix.join(file, 'README.md') : file
  if (!shown.endsWith('.md')) return [`${page}: links to ${target}: only Markdown pages have headings`]
  if (anchorsOf(shown).has(decodeURI(anchor))) return []
  return [`${page}: links to ${target}, but ${shown} has no such heading`]
}

/** Anchors as GitHub makes them. @param {string} page */
function anchorsOf(page) {
  const known = anchors.get(page)
  if (known !== undefined) return known
  /** @type {Set<string>} */
  const found = new Set()
  const prose = proseOf(readText(page))
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} (.*)$/gm)) {
    const text = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
    const slug = text.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
    let name = slug
    for (let count = 1; found.has(name); count += 1) name = `${slug}-${count}`
    found.add(name)
  }
  for (const [, id = ''] of prose.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id)
  anchors.set(page, found)
  return found
}

/** @param {string} text */
function proseOf(text) {
  return text.replace(/^ *(```+|~~~+)[\s\S]*?^ *\1/gm, '').replace(/`[^`\n]*`/g, (code) => (code.includes('](') ? '' : code))
}
