import { defineConfig } from 'vitest/config'

// Tests never leave the machine: a key in the environment must not change what they do.
for (const name of ['EVOLINK_API_KEY', 'DEEPSEEK_API_KEY', 'MOONSHOT_API_KEY']) delete process.env[name]

const reportFile = process.env['CAPSTAN_REPORT']

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Processes, not threads: sockets, signals and exit codes behave as they do for users, and nothing leaks between files.
    pool: 'forks',
    testTimeout: 10_000,
    hookTimeout: 10_000,
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
