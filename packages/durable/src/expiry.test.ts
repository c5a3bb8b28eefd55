import { approve, decide, type Journal, openQuestions } from '@capstan/core'
import { answersTo, shop } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { journalsOf, startServer, stores } from './testing/stores.ts'

startServer()

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function pausedRun(journal: Journal, expiresInMs: number) {
  const made = shop({ expiresInMs })
  const paused = await made.agent.generate('go', { journal, runId: 'r' })
  return { ...made, paused }
}

describe.each(stores)('a question that expires, in a journal (%s)', (store) => {
  test('is denied when nobody answered in time, and stays so', async () => {
    const journal = journalsOf(store)()
    const { agent, pay } = await pausedRun(journal, 20)
    const answers = await answersTo(journal, 'r', approve())
    await wait(40)

    await expect(decide(journal, 'r', answers)).rejects.toMatchObject({ code: 'invalid-use', message: expect.stringContaining('expired at') })
    const result = await agent.resume('r', { journal }).result
    expect(result.steps[0]?.toolResults[1]).toMatchObject({ status: 'denied', text: 'Not run: nobody approved this call in time.' })
    await expect(decide(journal, 'r', answers)).rejects.toMatchObject({ code: 'invalid-use' })
    expect(pay.inputs).toEqual([])
  })

  test('counts an answer that came in time, however late the run is resumed', async () => {
    const journal = journalsOf(store)()
    const { agent, pay } = await pausedRun(journal, 500)
    await decide(journal, 'r', await answersTo(journal, 'r', approve()))
    await wait(600)

    await expect(agent.resume('r', { journal }).result).resolves.toMatchObject({ text: 'Paid.' })
    expect(pay.inputs).toEqual([{ amount: 5 }])
  })

  test('does not follow a decision that was made too late, even if it is the first one', async () => {
    const inner = journalsOf(store)()
    const late: Journal = {
      ...inner,
      read: (runId) => inner.read(runId),
      decide: (runId, decision) => inner.decide(runId, { ...decision, at: Date.now() + 60_000 }),
    }
    const { agent, pay } = await pausedRun(inner, 5_000)
    await decide(late, 'r', await answersTo(inner, 'r', approve()))
    const result = await agent.resume('r', { journal: inner }).result

    expect(result.steps[0]?.toolResults[1]?.status).toBe('denied')
    expect(pay.inputs).toEqual([])
  })

  test('obeys whichever decision was first when it expires', async () => {
    const inner = journalsOf(store)()
    await pausedRun(inner, 20)
    const [question] = openQuestions(await inner.read('r'))
    await wait(40)
    // Somebody decides in time, by the clock of their machine, just before this process writes that the question has expired.
    const journal: Journal = {
      ...inner,
      open: (runId, head) => inner.open(runId, head),
      decide: async (runId, decision) => {
        await inner.decide(runId, { ...decision, answer: { approve: true }, at: question?.askedAt ?? 0 })
        return await inner.decide(runId, decision)
      },
    }
    const { agent, pay } = shop({ expiresInMs: 20 })
    await agent.resume('r', { journal }).result
    expect(pay.inputs).toEqual([{ amount: 5 }])
  })
})

test('a question in memory expires as well', async () => {
  const { agent, pay } = shop({ expiresInMs: 20 })
  const { state, pending } = await agent.generate('go')
  if (state === undefined) throw new Error('There is no state.')
  await wait(40)
  expect(() => agent.resume(state, { answers: { [pending[0]?.id ?? '']: approve() } })).toThrow(/expired at/)
  const later = shop({ expiresInMs: 20 })
  const result = await later.agent.resume(state).result
  expect(result.steps[0]?.toolResults[1]?.status).toBe('denied')
  expect([pay.inputs, later.pay.inputs]).toEqual([[], []])
})
