import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { Context } from './context.ts'
import { workTreeHere } from './default-repo.ts'

/** A folder below one with a `.git`, and a git that tells when it is asked. */
const scene = () => {
  const place = temporaryFolder()
  const [bin, cwd, asked] = [place.at('bin'), place.at('a/b'), place.at('asked')]
  mkdirSync(bin)
  mkdirSync(cwd, { recursive: true })
  mkdirSync(place.at('a/.git'))
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n: > ${asked}\necho ${place.at('a')}\n`)
  chmodSync(join(bin, 'git'), 0o755)
  const env = { PATH: `${bin}:${process.env['PATH']}` }
  return {
    top: place.at('a'),
    look: () => workTreeHere({ cwd, env } as unknown as Context),
    wasAsked: () => existsSync(asked),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

test('git is asked where a folder above has a .git', async () => {
  using s = scene()
  writeFileSync(join(s.top, '.git/HEAD'), 'ref: refs/heads/main\n')
  expect(await s.look()).toBe(s.top)
  expect(s.wasAsked()).toBe(true)
})

test('no process is started for a .git with nothing in it', async () => {
  using s = scene()
  expect(await s.look()).toBeUndefined()
  expect(s.wasAsked()).toBe(false)
})
