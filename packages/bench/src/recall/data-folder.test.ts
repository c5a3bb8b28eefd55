import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataFolder } from './data-folder.ts'

const source = { repository: 'owner/name', commit: 'c0ffee', licence: 'MIT', files: ['a.json', 'deep/b.json'] }
const requests: string[] = []
const server = createServer((request, response) => {
  requests.push(request.url ?? '')
  if (request.url?.endsWith('gone.json') === true) response.statusCode = 404
  response.end(`content of ${request.url}`)
})
let folder = ''
let origin = ''

beforeEach(async () => {
  requests.length = 0
  folder = await mkdtemp(join(tmpdir(), 'recall-'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // as a server on a port has it
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

test('a download fetches each missing file once, at the pinned commit', async () => {
  const data = new DataFolder(folder)
  expect(data.missing([source])).toEqual([join(folder, 'owner/name/a.json'), join(folder, 'owner/name/deep/b.json')])

  await data.download([source], origin)
  await data.download([source], origin)

  expect(requests).toEqual(['/owner/name/c0ffee/a.json', '/owner/name/c0ffee/deep/b.json'])
  expect(data.missing([source])).toEqual([])
  expect(await data.read(source, 'deep/b.json')).toBe('content of /owner/name/c0ffee/deep/b.json')
  expect(await readFile(join(folder, 'owner/name/a.json'), 'utf8')).toContain('a.json')
})

test('a file that cannot be had is an error with its address, and is not kept', async () => {
  const data = new DataFolder(folder)
  const gone = { ...source, files: ['gone.json'] }

  await expect(data.download([gone], origin)).rejects.toThrow(`${origin}/owner/name/c0ffee/gone.json cannot be downloaded: status 404. Use --data`)
  expect(data.missing([gone])).toHaveLength(1)
})
