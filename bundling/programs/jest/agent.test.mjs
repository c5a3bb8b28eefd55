import { ask } from './ask.mjs'

test('an agent with a tool answers over HTTP', async () => {
  expect(await ask()).toEqual(['Three.', '3'])
})
