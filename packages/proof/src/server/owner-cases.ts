import assert from 'node:assert/strict'
import type { ServerCase } from './case.ts'
import { type Answer, type Lab, refused } from './lab.ts'

const bob = { authorization: 'Bearer bob' }
const decision = (question: string, answer: unknown): string => JSON.stringify({ answers: { [question]: answer } })

async function decideAs(lab: Lab, name: string, run: { readonly runId: string; readonly body: string }): Promise<Answer> {
  return await lab.send({ method: 'POST', path: `/runs/${run.runId}/decisions`, headers: { authorization: `Bearer ${name}` }, body: run.body })
}

/** The answer for a run of Alice must be the one for a run that is not there. */
async function asIfNotThere(lab: Lab, request: (runId: string) => Promise<Answer>): Promise<string> {
  const { runId } = await lab.waitingRun()
  const [theirs, none] = [await request(runId), await request('no-such-run')]
  assert.deepEqual([theirs.status, theirs.body], [none.status, none.body])
  return refused(theirs, 404, 'run-not-found')
}

/** What belongs to somebody else, and what was decided. */
export const ownerCases: readonly ServerCase[] = [
  { attack: "read another person's run", run: (lab) => asIfNotThere(lab, (runId) => lab.send({ path: `/runs/${runId}`, headers: bob })) },
  { attack: "follow another person's run", run: (lab) => asIfNotThere(lab, (runId) => lab.send({ path: `/runs/${runId}/events`, headers: bob })) },
  { attack: "stop another person's run", run: (lab) => asIfNotThere(lab, (runId) => lab.send({ method: 'POST', path: `/runs/${runId}/stop`, headers: bob })) },
  {
    attack: "decide another person's question",
    run: async (lab) => {
      const { runId, question } = await lab.waitingRun()
      const seen = refused(await decideAs(lab, 'bob', { runId, body: decision(question, { approve: true }) }), 404, 'run-not-found')
      assert.deepEqual(lab.paid, [])
      return `${seen}, and nothing is paid`
    },
  },
  {
    attack: 'find runs and questions of others in lists',
    run: async (lab) => {
      await lab.waitingRun('lists')
      const client = lab.client('bob')
      const lists = [(await client.runs({ session: 'lists' })).runs, await client.questions(), await client.sessions()]
      assert.deepEqual(lists, [[], [], []])
      return 'three empty lists'
    },
  },
  {
    attack: "read or delete another person's session",
    run: async (lab) => {
      await lab.waitingRun('mine')
      refused(await lab.send({ path: '/sessions/mine', headers: bob }), 404, 'session-not-found')
      return refused(await lab.send({ method: 'DELETE', path: '/sessions/mine', headers: bob }), 404, 'session-not-found')
    },
  },
  {
    attack: "another person's idempotency key",
    run: async (lab) => {
      const headers = { 'idempotency-key': 'shared' }
      const body = JSON.stringify({ input: 'Pay.' })
      const own = await lab.send({ method: 'POST', body, headers })
      const other = await lab.send({ method: 'POST', body, headers: { ...headers, ...bob } })
      assert.deepEqual([own.status, other.status], [201, 201])
      assert.notEqual(own.body, other.body)
      return 'another run'
    },
  },
  {
    attack: 'one key, twenty requests at once',
    run: async (lab) => {
      const body = JSON.stringify({ input: 'Pay.' })
      const answers = await Promise.all(Array.from({ length: 20 }, () => lab.send({ method: 'POST', body, headers: { 'idempotency-key': 'twenty' } })))
      assert.equal(new Set(answers.map((answer) => answer.body)).size, 1)
      assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array.from({ length: 19 }, () => 200), 201])
      return 'one run: 201 once, 200 nineteen times'
    },
  },
  {
    attack: 'a key with another body',
    run: async (lab) => {
      const headers = { 'idempotency-key': 'body' }
      await lab.send({ method: 'POST', body: JSON.stringify({ input: 'Pay.' }), headers })
      return refused(await lab.send({ method: 'POST', body: JSON.stringify({ input: 'Pay more.' }), headers }), 422, 'idempotency-key-reused')
    },
  },
  {
    attack: 'two answers to one question at once',
    run: async (lab) => {
      const { runId, question } = await lab.waitingRun()
      const answers = [{ approve: true }, { approve: false, reason: 'No.' }]
      const seen = await Promise.all(answers.map((answer) => decideAs(lab, 'alice', { runId, body: decision(question, answer) })))
      assert.deepEqual(seen.map(({ status }) => status).sort(), [200, 409])
      const late = seen.find(({ status }) => status === 409)
      assert.match(late?.body ?? '', /"decided":\{"approve":(?:true|false)/)
      return '200 and 409, which says what was decided'
    },
  },
  {
    attack: 'the same answer twice',
    run: async (lab) => {
      const { runId, question } = await lab.waitingRun()
      const before = lab.paid.length
      const body = decision(question, { approve: true })
      const seen = [await decideAs(lab, 'alice', { runId, body }), await decideAs(lab, 'alice', { runId, body })]
      assert.deepEqual(
        seen.map(({ status }) => status),
        [200, 200],
      )
      for await (const _ of lab.client('alice').events(runId));
      assert.equal(lab.paid.length, before + 1)
      return 'paid once'
    },
  },
  {
    attack: 'the answer to a question of another run',
    run: async (lab) => {
      const [one, two] = [await lab.waitingRun(), await lab.waitingRun()]
      return refused(await decideAs(lab, 'alice', { runId: one.runId, body: decision(two.question, { approve: true }) }), 404, 'question-not-found')
    },
  },
  ...[
    ['an unclear answer', { approve: 'yes' }],
    ['an answer with an unknown field', { approve: true, admin: true }],
    ['an outcome for a question about an approval', { output: 'paid' }],
    ['an answer that says it expired', { approve: false, expired: true }],
  ].map(
    ([attack, answer]): ServerCase => ({
      attack: String(attack),
      run: async (lab) => {
        const { runId, question } = await lab.waitingRun()
        const seen = refused(await decideAs(lab, 'alice', { runId, body: decision(question, answer) }), 400, 'invalid-request')
        assert.equal((await lab.client('alice').run(runId)).questions.length, 1)
        return `${seen}, and it is still asked`
      },
    }),
  ),
]
