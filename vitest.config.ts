import { defineConfig } from 'vitest/config'

/** Real engines on a busy machine: a test may need a second try, which is told by scripts/sum-tests.ts. Unit tests may not. */
const RETRIES = process.env['CI'] === 'true' ? 1 : 0

/** `make providers`: starts that take ten seconds of a processor each, fewer at once and with more time. */
const ALL = process.env['BERTH_TEST_PROVIDERS'] === 'all'

const project = (name: string, include: string[], testTimeout: number, parallel: boolean) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism: parallel,
    pool: 'forks' as const,
    retry: name === 'unit' ? 0 : RETRIES,
    ...(ALL ? { maxConcurrency: 3 } : {}),
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['src/**/*.test.ts', 'test/unit/**/*.test.ts'], 20_000, true),
      project('integration', ['test/integration/**/*.test.ts'], 120_000, false),
      project('e2e', ['test/e2e/**/*.test.ts'], ALL ? 600_000 : 180_000, false),
      project('security', ['test/security/**/*.test.ts'], 180_000, false),
      project('faults', ['test/faults/**/*.test.ts'], 180_000, false),
    ],
  },
})
