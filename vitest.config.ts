import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], testTimeout: number, parallel: boolean) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, fileParallelism: parallel, pool: 'forks' as const },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['src/**/*.test.ts', 'test/unit/**/*.test.ts'], 20_000, true),
      project('integration', ['test/integration/**/*.test.ts'], 120_000, false),
      project('e2e', ['test/e2e/**/*.test.ts'], 180_000, false),
      project('security', ['test/security/**/*.test.ts'], 180_000, false),
      project('faults', ['test/faults/**/*.test.ts'], 180_000, false),
    ],
  },
})
