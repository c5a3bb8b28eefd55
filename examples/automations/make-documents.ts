// Writes the 200 made-up documents into a folder, to look at them or to change one: node examples/dist/automations/make-documents.js inbox
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { madeUpDocuments } from './support/made-up-documents.ts'

const folder = process.argv[2] ?? 'inbox'
await mkdir(folder, { recursive: true })
for (const { name, read } of madeUpDocuments(200)) await writeFile(join(folder, name), await read())
console.log(`200 documents are in ${folder}.`)
