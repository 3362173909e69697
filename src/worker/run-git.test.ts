import { expect, test } from 'vitest'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { runGit } from './run-git.ts'

/** Any program in git's place. */
const run = (program: string) => {
  const paths = { git: program, gitExec: '/', work: '/' }
  return runGit({ paths, identity: { name: 'A', email: 'a@b' } } as WorkOrder, {})
}

test('a step of git ends at its limit, and says that it was ended', async () => {
  expect(await run('/bin/sleep')(['600'], { limitMs: 100 })).toEqual({
    code: -1,
    stdout: '',
    stderr: 'git was ended by SIGKILL',
  })
})

test('a git that talks without end is ended, and one that is not there is told', async () => {
  const { code, stderr } = await run('/usr/bin/yes')([])
  expect([code, stderr]).toEqual([-1, expect.stringMatching(/^more than \d+ bytes of output$/)])
  expect(await run('/nonexistent/git')([])).toMatchObject({ code: -1, stderr: expect.stringContaining('ENOENT') })
})
