import { describe } from 'vitest'
import type { EngineUnderTest } from './engine-bench.ts'
import { engineCheckTests } from './engine-check.ts'
import { engineExecTests } from './engine-exec.ts'
import { engineImageTests } from './engine-images.ts'
import { engineLifeTests } from './engine-life.ts'
import { engineLogTests } from './engine-logs.ts'
import { engineStreamTests } from './engine-streams.ts'

/** What every engine must do, on a real one. */
export const engineSuite = (name: string, under: EngineUnderTest): void => {
  describe(name, () => {
    if (under.sandbox) engineImageTests(under)
    engineLifeTests(under)
    engineLogTests(under)
    engineExecTests(under)
    engineStreamTests(under)
    engineCheckTests(under)
  })
}
