import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const reportFile = process.env['CAPSTAN_REPORT']

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['**/*.test.ts'],
    setupFiles: ['support/quiet.ts'],
    pool: 'forks',
    testTimeout: 10_000,
    hookTimeout: 10_000,
    teardownTimeout: 5_000,
    allowOnly: false,
    // A test that asserts nothing fails.
    expect: { requireAssertions: true },
    passWithNoTests: false,
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
  },
})
