import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../testing/stores.ts'
import { LogFile } from './log-file.ts'

test('a closed log writes nothing, although another file has its number now', async () => {
  const folder = newFolder()
  const log = new LogFile(join(folder, 'log'))
  log.write('a')
  await log.close()
  const other = openSync(join(folder, 'other'), 'w')
  expect(() => log.write('b')).toThrow('closed')
  await expect(log.datasync()).rejects.toThrow('closed')
  await log.close()
  closeSync(other)
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('')
})
