import { blankOut, type FindTasks, type Task, wholeTask } from './task.ts'

const PATH =
  /(?<![\w:/.@-])(?:\.{1,2}\/|\/|~\/)?(?:[\w@-][\w.@-]*\/)+(?:[\w@.-]*[\w@-])?|(?<![\w:/.@-])\.?[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{0,4}\b|(?<![\w/])(?:README|LICENSE|Makefile|Dockerfile|CHANGELOG)(?![\w/])/g
const QUOTED = /"([^"]+)"|“([^”]+)”|'([^']+)'(?!\w)|`([^`]+)`|«([^»]+)»|「([^」]+)」/g
const READ = /\b(?:read|open|show|print|display|summari[sz]e|quote|what does .* (?:say|contain)|contents? of|what(?:'s| is) in)\b/i
const LIST = /\b(?:list|(?:what|which) (?:files|folders)|(?:contents?|files) (?:of|in)|show (?:me )?(?:the |all )*files)\b/i
const LISTED = /\b(?:files?|folders?|director(?:y|ies)|contents?)\b/i
const SEARCH = /\b(?:search|find|grep|look for|mentions?|contains?|containing|occurrences?)\b/i
const SEARCHED = [
  /\b(?:search|grep|look)(?: (?:the |all |my )?(?:files?|code|folder|project))?(?: in \S+)? for (?:the (?:word|text|string) )?(.+?)(?: in | under |[?.!]*$)/i,
  /\b(?:files?|where|documents?)\b.* (?:mentions?|contains?|containing) (?:the (?:word|text|string) )?(\S+?)[?.!,]*$/i,
]
const FOLDER = /\b(?:in|under|inside|of|within) (?:the )?(?:(?:folder|directory) )?([\w@./-]*[\w@/-])(?: (?:folder|directory))?/i
const NO_FOLDER = /^(?:the|this|current|my|all|any|files?|folder|directory|project|code|it|here|a|an)$/i
const THIS_FOLDER = /\b(?:this|current) (?:folder|directory)\b|\bhere\b/i

/** Quoted passages of a text, without the quotes. */
export function findQuoted(text: string): readonly string[] {
  return [...text.matchAll(QUOTED)].map((found) => found.slice(1).find((group) => group !== undefined) ?? '')
}

/** Paths and file names in a text. */
export function findPaths(text: string): readonly string[] {
  return [...text.matchAll(PATH)].map((found) => found[0]).filter((path) => !/^(?:e\.g|i\.e)\b/i.test(path))
}

/** Finds work on files: a search, a list, files to read. */
export const findFileTasks: FindTasks = (clause) => {
  const quotes = [...clause.matchAll(QUOTED)].map((found) => ({ start: found.index, end: found.index + found[0].length }))
  const unquoted = blankOut(clause, quotes)
  const paths = findPaths(unquoted)
  const folder = folderIn(unquoted, clause)
  const query = SEARCH.test(clause) ? queryIn(clause) : undefined
  if (query !== undefined) return [searchTask(clause, query, folder ?? paths.find((path) => path !== query))]
  if (LIST.test(clause) && LISTED.test(clause) && !paths.some((path) => /[^/]\.[a-z][a-z0-9]*$/i.test(path))) {
    return [wholeTask('list-files', clause, { path: folder ?? paths[0] ?? '.' })]
  }
  if (!READ.test(clause)) return []
  return [...paths, ...findQuoted(clause).filter((text) => findPaths(text).length > 0)].map((path) => wholeTask('read-file', clause, { path }))
}

function searchTask(clause: string, query: string, path: string | undefined): Task {
  return wholeTask('search-files', clause, { query, ...(path !== undefined && { path }) })
}

function queryIn(clause: string): string | undefined {
  return findQuoted(clause)[0] ?? SEARCHED.map((regex) => regex.exec(clause)?.[1]).find((found) => found !== undefined)
}

/** "in src", "in the docs folder", "under packages/core". */
function folderIn(unquoted: string, clause: string): string | undefined {
  const name = FOLDER.exec(unquoted)?.[1]
  if (name !== undefined && !NO_FOLDER.test(name)) return name
  return THIS_FOLDER.test(clause) ? '.' : undefined
}
