import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { observeHost } from './observe-host.ts'

const provider = { id: 'some', title: 'Some CLI', binary: 'some-cli' } as Provider
const script = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

type Folder = ReturnType<typeof temporaryFolder>

const observe = (folder: Folder) =>
  observeHost({
    deps: {
      installation: {
        host: { node: '/node', worker: '/worker' },
        toolbox: async () => ({ path: folder.at('toolbox'), hash: '', versions: { some: '1.2.3' } }),
      },
    } as unknown as Deps,
    provider,
    env: { PATH: `${folder.at('path')}:/usr/bin:/bin` },
    placeholder: 'p',
    signal: new AbortController().signal,
  })

/** A toolbox whose CLI does `own`, on a machine whose PATH has one that does `other`, or none. */
const look = async (own: string, other?: string) => {
  using folder = temporaryFolder()
  script(folder.at('toolbox/bin/some-cli'), own)
  if (other !== undefined) script(folder.at('path/some-cli'), other)
  const { host, cli, notices } = await observe(folder)
  return { bin: host.bin.slice(folder.path.length), cli, notices: notices.map((text) => text.replace(folder.path, '')) }
}

test('the toolbox has one that runs on this machine: it is taken', async () => {
  expect(await look('echo 1.2.3', 'echo 9.9.9')).toEqual({ bin: '/toolbox/bin', cli: '1.2.3', notices: [] })
})

test('the toolbox has one for containers alone: the one of the PATH is taken, and that is said', async () => {
  expect(await look('exit 1', 'echo some 9.9.9')).toEqual({
    bin: '/path',
    cli: '9.9.9',
    notices: [
      'the toolbox has no Some CLI that runs outside a container: Berth uses /path/some-cli from your PATH, version 9.9.9',
    ],
  })
})

test('there is none that runs: what was looked for is said', async () => {
  await expect(look('exit 1')).rejects.toMatchObject({
    code: 'agent-missing',
    message: expect.stringContaining('runs outside a container, and `some-cli` is not on your PATH') as string,
  })
})

test('one that runs is asked for it once', async () => {
  using folder = temporaryFolder()
  script(folder.at('toolbox/bin/some-cli'), `echo asked >> ${folder.at('asked')}; echo 1.2.3`)
  for (let i = 0; i < 2; i += 1) expect(await observe(folder)).toMatchObject({ cli: '1.2.3' })
  expect(readFileSync(folder.at('asked'), 'utf8')).toBe('asked\n')
})
