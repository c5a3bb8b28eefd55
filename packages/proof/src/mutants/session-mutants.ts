import { type Mutant, mutantsOf } from './mutant.ts'

const core = 'packages/core/src'
const durable = 'packages/durable/src'
const runTest = `${core}/run/session-run.test.ts`
const rulesTest = `${core}/sessions/session-rules.test.ts`
const propertyTest = `${core}/sessions/session-properties.test.ts`
const listTest = `${durable}/run-list.test.ts`

/** Faults in sessions, in the list of runs and in retention. */
export const sessionMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/sessions/session-rules.ts`, test: runTest }, [
    {
      name: 'a run begins while another one is open',
      search: 'if (place !== undefined) return waitFor(',
      replace: 'if (place === undefined && known !== undefined) return waitFor(',
      killer: 'of two runs at the same time the second is refused, or waits in the queue, without a request',
    },
    {
      name: 'a run that the session has begins again',
      search: "if (isRecorded && known.version !== undefined) return { type: 'open' }",
      replace: 'if (isRecorded && known.version !== undefined) return waitFor(runId, run, { isKnown: false, isWaiting: false })',
      killer: 'ending or beginning it again changes nothing',
      test: propertyTest,
    },
    {
      name: 'messages that a broken run has added are added again',
      search: '.slice(known.added)',
      replace: '.slice(0)',
      killer: 'a broken run that is continued by its state adds the rest',
    },
    {
      name: 'a deleted session is written again',
      search: 'if (known === undefined || known.isEnded) return undefined',
      replace: "if (known === undefined) return { type: 'messages', messages }\n  if (known.isEnded) return undefined",
      killer: 'messages of a run whose session was deleted are not written again',
    },
    {
      name: 'a view leaves out what came meanwhile',
      search: '...(view !== undefined && isAlone && { view })',
      replace: '...(view !== undefined && { view })',
      killer: 'a view that lacks what others have added meanwhile is not kept',
      test: rulesTest,
    },
    {
      name: 'a queued input is added twice',
      search: '.filter((input) => log.takerOf(input.runId) !== runId)',
      replace: '.filter(() => false)',
      killer: 'inputs that another run has taken meanwhile are left out',
      test: rulesTest,
    },
  ]),
  ...mutantsOf({ file: `${core}/sessions/session-log.ts`, test: runTest }, [
    {
      name: 'the place of a dead run is kept for ever',
      search: 'this.#place.until < now',
      replace: 'this.#place.until < 0',
      killer: 'the place of a run that died is free once its time is over',
    },
    {
      name: 'a queued input that nobody answered is lost',
      search: 'waiting.takenBy === runId ? { ...waiting, takenBy: undefined } : waiting',
      replace: 'waiting',
      killer: 'is given up by release, and what it had taken from the queue waits again',
      test: `${core}/sessions/session.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${durable}/run-index.ts`, test: listTest }, [
    {
      name: 'a question that is decided stays in the list',
      search: '!decided.has(question.position)',
      replace: 'question.position !== ""',
      killer: 'a question that is decided is not listed',
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/run-index-files.ts`, test: listTest }, [
    {
      name: 'an old summary of a run is listed',
      search: 'if (summary?.bytes === bytes) return summary.run',
      replace: 'if (summary !== undefined) return summary.run',
      killer: 'a run whose log was cut is listed as its log is now',
    },
  ]),
  ...mutantsOf({ file: `${durable}/delete-old.ts`, test: `${durable}/retention.test.ts` }, [
    {
      name: 'a session with an open run is deleted',
      search: '(includeOpen || session.openRun === undefined)',
      replace: '(includeOpen || session !== undefined)',
      killer: 'paused runs and sessions with an open run stay',
    },
    {
      name: 'values that a session refers to are deleted',
      search: '[...(kept.get(runId) ?? [])]',
      replace: '[]',
      killer: 'large values stay while a session refers to them',
    },
  ]),
]
