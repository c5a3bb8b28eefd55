import { expect, test } from 'vitest'
import { describeMedia, resultText } from './result-text.ts'

const image = { type: 'image', mimeType: 'image/png', data: Buffer.alloc(4_035).toString('base64') } as const

test('texts, links and media keep their order', async () => {
  const content = [
    { type: 'text', text: 'Found:' },
    { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt', mimeType: 'text/plain', size: 1_200, description: 'The first.' },
    image,
    { type: 'resource', resource: { uri: 'note:1', text: 'A note.' } },
    { type: 'resource', resource: { uri: 'note:2', blob: 'AAAA', mimeType: 'application/zip' } },
  ] as const
  expect(await resultText({ content: [...content] }, describeMedia)).toBe(
    [
      'Found:',
      '[resource file:///a.txt (text/plain, 1,200 bytes)] a.txt: The first.',
      '[image/png, 4,035 bytes]',
      '[resource note:1]\nA note.',
      '[application/zip, 3 bytes, note:2]',
    ].join('\n'),
  )
})

test('a structured result is shown once', async () => {
  const structuredContent = { sum: 3, of: [1, 2] }
  expect(await resultText({ content: [{ type: 'text', text: '{"of": [1, 2], "sum": 3}' }], structuredContent }, describeMedia)).toBe('{"of": [1, 2], "sum": 3}')
  expect(await resultText({ content: [{ type: 'text', text: 'The sum is 3.' }], structuredContent }, describeMedia)).toBe('The sum is 3.\n{"sum":3,"of":[1,2]}')
  expect(await resultText({ content: [], structuredContent }, describeMedia)).toBe('{"sum":3,"of":[1,2]}')
  expect(await resultText({ content: [{ type: 'text', text: 'A file.' }], structuredContent: { content: 'A file.' } }, describeMedia)).toBe('A file.')
})

test('media become what the caller makes of them', async () => {
  expect(await resultText({ content: [image] }, async ({ bytes, mimeType }) => `saved ${bytes.byteLength} of ${mimeType}`)).toBe('saved 4035 of image/png')
})
