import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { Exec } from './exec.ts'
import { localRepository } from './local-repository.ts'

it('rejects at once if one of the questions that it asks side by side is ended', async () => {
  using folder = temporaryFolder()
  const ended = new Error('ended')
  const exec: Exec = (args) => (args.includes('config') ? Promise.reject(ended) : new Promise(() => {}))
  await expect(localRepository(exec, folder.path)).rejects.toBe(ended)
})
