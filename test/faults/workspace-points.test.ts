import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { scene } from '../fixtures/whole/scene.ts'

const BUILD = ['--provider-arg', 'shell=echo cache/ > .gitignore; mkdir -p cache; echo x >> cache/built; rm README.md']

describe.concurrent.each(anyEngine())(
  'the supervisor killed over a workspace that the user named on $name',
  (engine) => {
    test.skipIf(!TEST_ALL)('folders.named: the task works in the folder', async () => {
      using folder = temporaryFolder()
      await using s = await scene(engine)
      const id = await s.start(['--workspace', folder.at('w')], { BERTH_FAULT: 'folders.named:1' })
      await waitFor(() => existsSync(join(s.b.home, 'fault')), 'the death at folders.named')
      await s.expectDone(id)
      expect(existsSync(folder.at('w/made.txt'))).toBe(true)
    })

    const points = TEST_ALL ? ['workspace.taken', 'workspace.given'] : ['workspace.taken']
    test.each(points)('%s: the new task alone has the folder, and a third one may take it', async (point) => {
      using folder = temporaryFolder()
      const [work, built] = [folder.at('w'), folder.at('w/cache/built')]
      const place = ['--workspace', work, '--reuse-existing', ...BUILD]
      await using s = await scene(engine)
      const first = await s.start(place)
      await s.expectDone(first)
      await s.kill(s.supervisorPid())
      const second = await s.start(place, { BERTH_FAULT: `${point}:1` })
      await waitFor(() => existsSync(join(s.b.home, 'fault')), `the death at ${point}`)
      await s.expectDone(first, second)
      const given = (await s.b.events(first)).filter(({ type }) => type === 'workspace.given')
      expect(given).toMatchObject([{ workspace: work, to: second }])
      expect((await s.b.run(['rm', first])).code).toBe(0)
      const third = await s.start(place)
      await s.expectDone(second, third)
      expect(readFileSync(built, 'utf8')).toBe('x\nx\nx\n')
      expect((await s.b.run(['rm', second, third])).code).toBe(0)
      expect(existsSync(work)).toBe(false)
    })
  },
)
