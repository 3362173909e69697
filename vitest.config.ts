import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Real engines on a busy machine: a test may need a second try, which is told by scripts/sum-tests.ts. Unit tests may not. */
const RETRIES = process.env['CI'] === 'true' ? 1 : 0

/** `make providers` and `make test-all`: starts that take ten seconds of a processor each, with more time. */
const ALL = process.env['BERTH_TEST_ALL'] === 'true'

/** A file for each processor. More load makes each test slower, and all of them no sooner over. */
const WORKERS = Number(process.env['BERTH_TEST_WORKERS'] ?? Math.max(2, availableParallelism()))
/** Of a file's concurrent tests: containers and agents of so many at a time. */
const AT_ONCE = 3

/** Files that need the machine to themselves, with the reason. They run one after another, after all others. */
const ALONE: readonly string[] = [
  // Kills at random instants, told by a seed: what they hit must not depend on other files.
  'test/faults/random-kills.test.ts',
]

type Project = {
  readonly name: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  readonly timeout: number
  readonly workers?: number
  /** Projects of one group run side by side, groups one after another. */
  readonly group: number
}

const project = ({ name, include, exclude = [], timeout, workers = WORKERS, group }: Project) => ({
  test: {
    name,
    include: [...include],
    exclude: [...exclude],
    testTimeout: timeout,
    hookTimeout: timeout,
    maxWorkers: workers,
    pool: 'forks' as const,
    sequence: { groupOrder: group },
    retry: name === 'unit' ? 0 : RETRIES,
    // A limit for what hangs, on a slow machine too.
    expect: { poll: { timeout: 60_000 } },
    maxConcurrency: AT_ONCE,
    setupFiles: name === 'unit' ? [] : ['test/fixtures/watch-cases.ts', 'test/fixtures/time-budget.ts'],
  },
})

/** A folder of test/, whose files run side by side. */
const engineProject = (name: string, timeout: number) =>
  project({ name, include: [`test/${name}/**/*.test.ts`], exclude: ALONE, timeout, group: 1 })

export default defineConfig({
  test: {
    projects: [
      project({ name: 'unit', include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'], timeout: 60_000, group: 0 }),
      engineProject('integration', 120_000),
      engineProject('e2e', ALL ? 600_000 : 180_000),
      engineProject('security', 180_000),
      engineProject('faults', 180_000),
      project({ name: 'alone', include: ALONE, timeout: 180_000, workers: 1, group: 2 }),
    ],
  },
})
