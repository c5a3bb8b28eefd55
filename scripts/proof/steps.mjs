// The steps of `npm run proof`, and those of CI, which has one of each kind in a limited time.

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} command Run from the root.
 * @property {number} limitS How long it may take, in seconds: about three times what was seen on two shared processors.
 * @property {string} [shows] What it shows when it passes, for the table in the docs.
 */

const demo = ['node', 'scripts/proof/ask-demo.mjs']

/** @type {Step[]} */
export const allSteps = [
  { name: 'tests', command: ['npm', 'test'], limitS: 2400, shows: 'units, through real sockets, files, processes and browsers' },
  { name: 'start', command: demo, limitS: 180, shows: 'the demo answers in English and in Chinese, without a key' },
  { name: 'check', command: npm('check'), limitS: 900, shows: 'format, types, unused code, import directions, weight, generated docs' },
  { name: 'tests on Node 24', command: testsOnNode24(), limitS: 2400, shows: 'the same tests on Node 24, with SQLite' },
  { name: 'interop', command: npm('interop', '--all'), limitS: 1500, shows: 'clients, servers and frameworks of others against ours, `useChat` in Chromium' },
  { name: 'packed', command: npm('packed'), limitS: 1200, shows: 'the packages as they are installed, in bundlers and type checkers' },
  { name: 'bundling', command: npm('bundling'), limitS: 1800, shows: 'runtimes, compilers, bundlers, Jest, Next and copies of zod' },
  { name: 'crashes', command: npm('crashes'), limitS: 7200, shows: '`kill -9` at every point of a run: nothing is paid twice, nothing is lost' },
  { name: 'faults', command: npm('faults'), limitS: 7200, shows: 'every fault of a provider, a relay or a network' },
  { name: 'attacks', command: npm('attacks'), limitS: 7200, shows: 'a hostile model against the guard, and benign tasks' },
  { name: 'stock tools', command: npm('stock-tools'), limitS: 1200, shows: 'attacks on the stock tools' },
  { name: 'attacks on the server', command: npm('server-attacks'), limitS: 1200, shows: 'hostile clients of `@capstan/server`, through real sockets' },
  { name: 'load on the server', command: npm('server-load'), limitS: 900, shows: '500 streams at once: added delay and memory of each' },
  { name: 'conformance', command: npm('conformance'), limitS: 900, shows: 'the client scenarios of the conformance suite of MCP' },
  { name: 'mutants', command: npm('mutants'), limitS: 14_400, shows: 'small faults in a copy of the source: a test notices each' },
]

/** CI has 45 minutes, and these steps 2,600 s together. */
export const ciLimitS = 2600

/** @type {Step[]} */
export const ciSteps = [
  { name: 'tests', command: ['npm', 'test'], limitS: 1100, shows: 'all tests, with quick forms of the suites' },
  { name: 'start', command: demo, limitS: 90, shows: 'the demo answers' },
  { name: 'check', command: npm('check'), limitS: 400, shows: 'all checks' },
  // Without the suites of commands, most of which follow below, and without the examples.
  {
    name: 'tests on Node 24',
    command: testsOnNode24('--exclude', 'packages/proof/**', '--exclude', 'examples/**'),
    limitS: 900,
    shows: 'tests of packages, with SQLite',
  },
  { name: 'interop', command: npm('interop'), limitS: 400, shows: 'clients and frameworks of others; one `useChat` in Chromium' },
  { name: 'packed', command: npm('packed'), limitS: 600, shows: 'the packages as they are installed' },
  // The quick suite where the code is that of files, or of an engine.
  {
    name: 'crashes in files',
    command: npm('crashes', '--store', 'file', '--seeds', '15', '--races', '10'),
    limitS: 650,
    shows: 'every point; 15 random moments',
  },
  {
    name: 'crashes in PostgreSQL',
    command: npm('crashes', '--store', 'postgres', '--seeds', '3', '--races', '3'),
    limitS: 600,
    shows: 'every point; 3 random moments',
  },
  {
    name: 'quick crashes',
    command: npm('crashes', '--quick', '--store', 'sqlite', '--store', 'restate', '--store', 'dbos'),
    limitS: 600,
    shows: 'some points in SQLite, on Restate and on DBOS',
  },
]

/** @param {string} script @param {string[]} options */
function npm(script, ...options) {
  return ['npm', 'run', script, ...(options.length > 0 ? ['--', ...options] : [])]
}

/** @param {string[]} options Of Vitest. */
function testsOnNode24(...options) {
  return ['npx', '-y', '-p', 'node@24', 'node', 'scripts/proof/tests-on-node.mjs', '24', ...options]
}
