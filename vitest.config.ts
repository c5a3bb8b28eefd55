import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests never leave the machine: a key in the environment must not change what they do.
for (const name of ['EVOLINK_API_KEY', 'DEEPSEEK_API_KEY', 'MOONSHOT_API_KEY']) delete process.env[name]

// Tests, and the processes that they start, make their temporary folders in this one, which is removed whatever becomes of them.
const folder = mkdtempSync(join(tmpdir(), 'capstan-tests-'))
// A server that drops its privileges, such as PostgreSQL, must come through it to its own folder.
chmodSync(folder, 0o711)
for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// Without a listener, this signal ends the process before `exit`.
process.once('SIGTERM', () => process.exit(143))

const reportFile = process.env['CAPSTAN_REPORT']

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Processes, not threads: sockets, signals and exit codes behave as they do for users, and nothing leaks between files.
    pool: 'forks',
    // Vitest leaves one processor free, so that only one of two works. Most tests wait for sockets and processes anyway.
    maxWorkers: availableParallelism(),
    // Only a test that hangs needs so long. Those that start processes share the processors with others.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
    // A stray `.only` fails everywhere, not only where CI is set.
    allowOnly: false,
    // A test that asserts nothing fails.
    expect: { requireAssertions: true },
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
  },
})
