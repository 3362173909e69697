import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { ownParts } from './own-parts.ts'

const DOCKER = `#!/bin/sh
case "$*" in
  version*) echo 1 ;;
  'images '*berth-agent) printf '0123456789ab\\nlatest\\n<none>\\n' ;;
  'images '*berth-debian) echo cdef ;;
  'rmi berth-agent:latest') echo 'in use by container 1' >&2; exit 1 ;;
  rmi*) echo "$*" >>"$(dirname "$0")/removed" ;;
esac
`

const machine = () => {
  const folder = temporaryFolder()
  mkdirSync(folder.at('bin'))
  for (const [name, script] of [
    ['docker', DOCKER],
    ['podman', '#!/bin/sh\nexit 1\n'],
  ] as const) {
    writeFileSync(folder.at('bin', name), script)
    chmodSync(folder.at('bin', name), 0o755)
  }
  for (const path of ['toolbox/0123456789ab', 'cache/npm-0123456789ab']) {
    mkdirSync(folder.at('installation', path), { recursive: true })
    writeFileSync(folder.at('installation', path, 'file'), 'x'.repeat(10_000))
  }
  const options = {
    root: '/',
    install: folder.at('installation'),
    read: [],
    env: { PATH: [folder.at('bin'), process.env['PATH'] ?? ''].join(delimiter) },
    progress: () => {},
  }
  return { folder, options, [Symbol.dispose]: folder[Symbol.dispose] }
}

describe('ownParts', () => {
  it("finds images, toolboxes and what they were made from; each can go but what the engine's containers use", async () => {
    using m = machine()
    const parts = await ownParts(m.options, null)
    expect(parts.map(({ kind, name, why }) => [kind, name.replace(m.folder.path, ''), why])).toEqual([
      ['image', 'berth-agent:0123456789ab (docker)', null],
      ['image', 'berth-agent:latest (docker)', null],
      ['image', 'berth-debian:cdef (docker)', null],
      ['toolbox', '/installation/toolbox/0123456789ab', null],
      ['cache', '/installation/cache/npm-0123456789ab', null],
    ])
    expect(parts.map(({ bytes }) => bytes > 10_000)).toEqual([false, false, false, true, true])
    const ends = await Promise.all(parts.map(({ remove }) => remove().then(() => 'removed', String)))
    expect(ends.filter((end) => end !== 'removed')).toEqual(['BerthError: in use by container 1'])
    expect(readFileSync(m.folder.at('bin/removed'), 'utf8').trim().split('\n').sort()).toEqual([
      'rmi berth-agent:0123456789ab',
      'rmi berth-debian:cdef',
    ])
    expect(existsSync(m.options.install)).toBe(false)
  })

  it("leaves the images that another user's installation uses", async () => {
    using m = machine()
    const parts = await ownParts(m.options, '/var/lib/berth')
    expect(
      parts.filter(({ why }) => why === 'the installation in /var/lib/berth uses it').map(({ kind }) => kind),
    ).toEqual(['image', 'image', 'image'])
  })
})
