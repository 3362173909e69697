import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines, TEST_ALL } from '../fixtures/engines.ts'
import { PROGRAMS } from '../fixtures/programs.ts'
import { programsImage } from '../fixtures/programs-image.ts'
import { taskOf } from '../fixtures/workshop.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')
const MAKING_MS = 1_800_000

/** The walls stop no honest program. The agents' own CLIs run in every sandbox of `test/e2e/providers.test.ts`. */
describe.runIf(TEST_ALL)('what runs in a sandbox as it does elsewhere', () => {
  let image: string
  beforeAll(() => {
    image = programsImage(rootfulEngines())
  }, MAKING_MS)

  describe.each(rootfulEngines())('on $name', ({ flag }) => {
    let b: Berth
    beforeAll(() => {
      b = berth()
    })
    afterAll(() => b.close())

    test.each(PROGRAMS)('$name', async ({ shell, prints }) => {
      const sandbox = ['--engine', flag, '--image', image, '--volume', `${MODULES}:/modules/node_modules:ro`]
      const script = `exec 2>&1; export PATH=/opt/berth/bin:$PATH; ${shell}`
      const args = [...sandbox, '--agent', 'noop', '--no-repo', '--provider-arg', `shell=${script}`]
      const ran = await b.run(['run', ...args, 'go'])
      expect(ran.stdout).toMatch(prints)
      expect(ran.code).toBe(0)
      expect((await b.run(['status', '--verbose', taskOf(ran)])).stdout).toContain("Berth's profile")
    })
  })
})
