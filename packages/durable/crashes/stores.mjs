// The stores under test.
import { fileJournal } from '@capstan/durable'
import { die } from './points.mjs'

export function openStore(store, path) {
  return fileJournal(path)
}

export function tearSqlite() {
  return () => die()
}
