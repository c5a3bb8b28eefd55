// The distributed engines under test: one file for each, loaded only when it is asked for.

/**
 * @typedef {object} CrashEngine What a file here exports as `engine`.
 * @property {() => Promise<string | undefined>} unavailable Why the engine cannot be had on this machine.
 * @property {(options: { quick: boolean }) => Promise<RunningEngine>} start Starts its server, on free ports and in a folder of its own.
 *
 * @typedef {object} RunningEngine
 * @property {(crash: { effect: string, plan?: Death[], slow?: boolean }) => Promise<object>} runToEnd One run from its start to its end: a
 *   worker for each crash of the plan, then one that stays. Resolves to `{ kills, unknown, result, outside, records }` as in harness.mjs;
 *   `records` names each operation once, and once more for each time that its body began after it was recorded.
 * @property {(crash: object, seen: object) => object | undefined} [expected] What differs from `expectedOf` in matrix.mjs.
 * @property {number} [withinMs] How long after its start a random kill may hit a worker.
 * @property {[name: string, run: () => Promise<string>][]} cases What no single crash point shows; each resolves to words about it.
 * @property {() => Promise<void>} stop
 *
 * @typedef {{ point?: string, killAfterMs?: number }} Death
 */

const engines = {
  restate: () => import('./restate.mjs'),
  dbos: () => import('./dbos.mjs'),
}

export const engineNames = Object.keys(engines)

/** @param {string} name @returns {Promise<CrashEngine>} */
export async function engineOf(name) {
  return (await engines[name]()).engine
}
