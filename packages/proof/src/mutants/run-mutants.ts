import { type Mutant, mutantsOf } from './mutant.ts'

const core = 'packages/core/src'
const hosts = `${core}/durability/hosts`
const stopTest = `${core}/run/stop.test.ts`
const endingTest = `${core}/loop/endings.test.ts`
const budgetTest = `${core}/loop/budget.test.ts`
const attemptTest = `${core}/loop/attempts.test.ts`

/** Faults in stopping a run. */
const stopMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${hosts}/record-host.ts`, test: stopTest }, [
    {
      name: 'a stopped run begins further operations',
      search: 'if (this.#isStopping) throw stopRequest',
      replace: '',
      killer: 'a tool that has begun ends and is recorded; nothing begins after it',
    },
  ]),
  ...mutantsOf({ file: `${hosts}/batch.ts`, test: stopTest }, [
    {
      name: 'a stopped run begins the calls that queue',
      search: 'if (operation === undefined || this.#isStopping) return this.#endLane()',
      replace: 'if (operation === undefined) return this.#endLane()',
      killer: 'of calls that run one at a time the second does not begin',
    },
    {
      name: 'a stopped run waits for its retry',
      search: 'this.#isStopping = true\n    this.#waits?.abort(stopRequest)',
      replace: 'this.#isStopping = true',
      killer: 'a retry that only waits does not begin',
    },
    {
      name: 'what a stopped run has begun is not recorded',
      search: "const written = host.write([{ type: 'done', id,",
      replace: "const written = this.#isStopping ? undefined : host.write([{ type: 'done', id,",
      killer: 'a tool that has begun ends and is recorded; nothing begins after it',
    },
  ]),
  ...mutantsOf({ file: `${core}/run/run.ts`, test: stopTest }, [
    {
      name: 'the grace period has no end',
      search: 'if (graceMs !== undefined) abortAfter(graceMs, this)',
      replace: '',
      killer: 'work that does not end within the grace period is aborted',
    },
    {
      name: 'stop() of a run on an engine is not refused',
      search: 'if (this.#start.engine !== undefined) throw',
      replace: 'if (this.#start === undefined) throw',
      killer: 'stop() of a run on an engine is refused, and the run continues',
    },
    {
      name: 'a stopped run has failed',
      search: 'if (thrown !== stopRequest) throw thrown',
      replace: 'if (thrown !== undefined) throw thrown',
      killer: 'a run that is stopped before it began sends nothing, and its state starts it',
    },
  ]),
  ...mutantsOf({ file: 'packages/capstan/src/cli/stop-run.ts', test: 'packages/capstan/src/cli/output.test.ts' }, [
    {
      name: 'the command aborts on SIGTERM',
      search: 'else run.stop({ graceMs }).catch(() => {})',
      replace: "else run.abort(new Error('terminated'))",
      killer: 'after SIGTERM the work in progress ends and is recorded, the exit code is 4',
    },
  ]),
  ...mutantsOf({ file: 'packages/capstan/src/cli/host.ts', test: 'packages/capstan/src/cli/output.test.ts' }, [
    {
      name: 'a second SIGTERM changes nothing',
      search: 'if (isTerminated) return interrupt()',
      replace: 'if (isTerminated) return',
      killer: 'a second SIGTERM aborts at once',
    },
  ]),
]

/** Faults in agents that answer calls of other ones. */
const agentMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/request-model.ts`, test: `${core}/loop/children/agent-budgets.test.ts` }, [
    {
      name: 'a shared budget is checked before the spending of all agents is known',
      search: 'if (run.child !== undefined) await operations.perform([])',
      replace: '',
      killer: 'agents side by side never send a request that would pass a budget of the run, whatever replies were longer than expected',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/budget.ts`, test: `${core}/loop/children/agent-budgets.test.ts` }, [
    {
      name: 'an agent inside a run checks only its own budgets',
      search: 'level = level.child?.parent',
      replace: 'level = undefined',
      killer: 'agents side by side never send a request that would pass a budget of the run, whatever replies were longer than expected',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/state/call-results.ts`, test: `${core}/loop/children/hand-over.test.ts` }, [
    {
      name: 'a hand-over ends the run whatever the calls beside it gave',
      search: "this.inOrder.every(({ status }) => status === 'ok') ? first?.[1] : undefined",
      replace: 'first?.[1]',
      killer: 'a failed call beside the hand-over keeps the run going: the answer is a result like any other',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/run-tools.ts`, test: `${core}/loop/children/killed-agents.test.ts` }, [
    {
      name: 'calls that a person approved run before agents that wait have ended',
      search: 'if (first.pending.length > 0) return',
      replace: 'if (first.pending.length > 99) return',
      killer: 'agents of different lengths, inside each other and with approvals: killed at each record, the run ends the same, and nothing is done twice',
    },
  ]),
]

/** Faults in what a run costs. */
const costMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/spending.ts` }, [
    {
      name: 'a cost that is not known is exact',
      search: 'if (ledger.usage.unknownAttempts === 0) return { currency, amountMicros: atLeast }',
      replace: 'if (ledger.usage.unknownAttempts >= 0) return { currency, amountMicros: atLeast }',
      killer: 'the cost of a run with an attempt that never reported is a bound',
      test: endingTest,
    },
    {
      name: 'the upper bound of a cost holds only what was reported',
      search: 'atMost: sum(models.map((model, index) => priceOf(model, ledger.spendingOf(index))))',
      replace: 'atMost: atLeast',
      killer: 'the cost of a run with an attempt that never reported is a bound',
      test: endingTest,
    },
    {
      name: 'a request is priced as the first model of the chain',
      search: 'planned.modelIndex === index ? planned.tokens : 0',
      replace: 'index === 0 ? planned.tokens : 0',
      killer: 'the next model of the chain is priced at its own prices before it is asked',
      test: budgetTest,
    },
    {
      name: 'requests that never reported use up no budget',
      search: '(ledger.usage.totalTokens ?? 0) + ledger.estimatedTokens',
      replace: '(ledger.usage.totalTokens ?? 0)',
      killer: 'attempts that never reported are charged an estimate',
      test: `${core}/loop/limits.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/state/ledger.ts` }, [
    {
      name: 'all requests are charged to the first model',
      search: 'const index = this.#current?.modelIndex ?? 0',
      replace: 'const index = 0',
      killer: 'each model of a chain is charged at its own prices',
      test: budgetTest,
    },
    {
      name: 'a request that was cut by an abort costs nothing',
      search: 'if (this.#current !== undefined) this.endAttempt(undefined, 0)',
      replace: '',
      killer: 'an abort in the middle of a reply counts the request, whose usage stays unknown, and its time',
      test: `${core}/run/run.test.ts`,
    },
    {
      name: 'requests of processes that died cost nothing',
      search: 'endAttempt(reported: Usage | undefined, lostExecutions: number): void {\n    for (let lost = 0; lost < lostExecutions; lost++)',
      replace: 'endAttempt(reported: Usage | undefined, lostExecutions: number): void {\n    for (let lost = lostExecutions; lost < lostExecutions; lost++)',
      killer: 'an aborted attempt counts as unknown, so the cost is a bound',
      test: 'packages/durable/src/replay.test.ts',
    },
  ]),
  ...mutantsOf({ file: `${core}/agent/resolve-agent.ts`, test: endingTest }, [
    {
      name: 'a limit of cost counts two currencies',
      search: 'if (currencies.size > 1)',
      replace: 'if (currencies.size > 2)',
      killer: 'models with prices in two currencies make a chain without a cost, and no limit of cost',
    },
  ]),
  ...mutantsOf({ file: `${core}/contract/usage.ts`, test: `${core}/contract/usage.test.ts` }, [
    {
      name: 'a cost is rounded down',
      search: '(total + 999_999n) / 1_000_000n',
      replace: 'total / 1_000_000n',
      killer: 'cached tokens have their own price and the total is rounded up once',
    },
  ]),
]

/** Faults in how often a request is sent. */
const attemptMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/attempt.ts`, test: attemptTest }, [
    {
      name: 'the attempts of an agent are the default',
      search: 'position.round < attempts.max &&',
      replace: 'position.round < 3 &&',
      killer: 'requests where the agent says so',
    },
    {
      name: 'an empty reply is asked for again although the attempts are used up',
      search: 'attempt.number >= run.attempts.max',
      replace: 'attempt.number >= 3',
      killer: 'with one attempt an empty reply is not requested again',
    },
  ]),
  ...mutantsOf({ file: `${core}/retry/resolve-attempts.ts`, test: attemptTest }, [
    {
      name: 'a long first delay is cut by the default maximum',
      search: 'maxDelayMs = Math.max(base.maxDelayMs, delayMs)',
      replace: 'maxDelayMs = base.maxDelayMs',
      killer: 'a long first delay is not cut by the default maximum',
    },
    {
      name: 'a call forgets the attempts of its agent',
      search: 'const { max = base.max,',
      replace: 'const { max = defaultAttempts.max,',
      killer: 'a call replaces the options of its agent name by name',
    },
  ]),
  ...mutantsOf({ file: `${core}/retry/policy.ts`, test: attemptTest }, [
    {
      name: 'delays grow without end',
      search: 'Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1))',
      replace: 'delayMs * 2 ** (attempt - 1)',
      killer: 'the delays stay below those that were set',
    },
  ]),
]

/** Faults in what a run makes of an ending that it does not know. */
const endingMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/run-tools.ts`, test: endingTest }, [
    {
      name: 'calls that an unknown ending keeps from running are asked for again and again',
      search: "if (!isCut(reply) && operations.version > 1) return 'unknown-ending'",
      replace: 'if (!isCut(reply) && operations.version > 1) return undefined',
      killer: 'calls that an unknown ending keeps from running twice end the run as such',
    },
  ]),
  ...mutantsOf({ file: 'packages/adapters/src/wire/finish-word.ts', test: 'packages/adapters/src/odd-replies.test.ts' }, [
    {
      name: 'the setting that maps a finish word is ignored',
      search: 'ownMeaning(word, context.profile.finishWords) ??',
      replace: 'ownMeaning(word, {}) ??',
      killer: 'an unknown finish word gives a warning that names the setting for it, and the setting maps the word',
    },
  ]),
  ...mutantsOf({ file: 'packages/adapters/src/wire/finish-word.ts', test: 'packages/capstan/src/odd-replies.test.ts' }, [
    {
      name: 'finish words are read with case',
      search: "    .toLowerCase()\n    .replace(/[\\s_-]+/g, '')",
      replace: "    .replace(/[\\s_-]+/g, '')",
      killer: 'a text is the text, after one request',
    },
  ]),
]

/** Faults in stopping, cost, attempts and endings of a run. */
export const runMutants: readonly Mutant[] = [...stopMutants, ...costMutants, ...agentMutants, ...attemptMutants, ...endingMutants]
