import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { Context } from './context.ts'
import { removeSpares } from './remove-spares.ts'

test('where no supervisor runs nothing waits, and none is started', async () => {
  using folder = temporaryFolder()
  const paths = { socket: folder.at('socket'), state: folder.at('state'), runtime: folder.at('run') }
  expect(await removeSpares({ env: {}, build: 'b', paths } as unknown as Context)).toBe(0)
  expect([readdirSync(folder.path), existsSync(paths.state)]).toEqual([[], false])
})
