import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ownProcesses } from '../../src/cli/own-processes.ts'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'

type Part = { readonly kind: string; readonly name: string; readonly bytes: number; readonly why: string }
type Answer = { readonly removed: readonly Part[]; readonly kept: readonly Part[]; readonly bytes: number }

describe.each(anyEngine())('uninstall on $name', ({ flag, endpoint }) => {
  let b: Berth
  let env: Readonly<Record<string, string>>
  beforeEach(() => {
    b = berth()
    const bin = join(b.folder, 'bin')
    const toolbox = join(b.folder, 'installation/toolbox/0123456789ab')
    mkdirSync(bin)
    mkdirSync(toolbox, { recursive: true })
    writeFileSync(join(toolbox, 'manifest.json'), '{}')
    // The images of this machine are other tests' too.
    for (const name of ['docker', 'podman']) {
      writeFileSync(join(bin, name), '#!/bin/sh\necho cannot connect >&2\nexit 1\n')
      chmodSync(join(bin, name), 0o755)
    }
    env = {
      BERTH_INSTALL_DIR: join(b.folder, 'installation'),
      PATH: [bin, b.env['PATH'] ?? ''].join(delimiter),
      XDG_CACHE_HOME: join(b.folder, 'cache'),
    }
  })
  afterEach(() => b.close())

  const done = async (...args: readonly string[]) => {
    const id = (await b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', ...args, 'x'])).stdout.trim()
    expect((await b.run(['wait', id])).code).toBe(0)
    return id
  }
  const uninstall = async (...args: readonly string[]): Promise<Answer> => {
    const ran = await b.run(['uninstall', '--json', ...args], { env })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return JSON.parse(ran.stdout) as Answer
  }
  const kinds = (parts: readonly Part[]) => [...new Set(parts.map(({ kind }) => kind))].sort()
  const settings = (why = 'they are yours') => ({ kind: 'settings', name: join(b.home, 'config.toml'), why })

  test('work that is nowhere else stays with its state, and the rest goes; with --force all of it', async () => {
    writeFileSync(join(b.home, 'config.toml'), 'memory = "1g"\n')
    writeFileSync(join(b.home, 'notes.txt'), 'mine')
    const installed = await b.run(['completion', 'fish', '--install'])
    expect(installed.code).toBe(0)
    const [empty, loose] = [await done(), await done('-c', 'commit=made.txt')]
    const why = 'its files exist nowhere else'

    const planned = await uninstall('--dry-run')
    expect(planned.removed).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ kind: 'task', name: empty })]),
    )
    expect(kinds(planned.removed)).toEqual(['cache', 'completion', 'process', 'sockets', 'task', 'toolbox'])
    const kept = [
      { kind: 'task', name: loose, why },
      { kind: 'state', name: b.home, why: 'it holds the tasks above' },
      settings(),
    ]
    expect(planned.kept).toEqual(kept)
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(2)
    expect(existsSync(join(b.folder, 'installation/toolbox'))).toBe(true)

    const first = await uninstall()
    expect([kinds(first.removed), first.kept]).toEqual([kinds(planned.removed), kept])
    expect(ownProcesses(b.home)).toEqual([])
    expect(existsSync(join(b.folder, 'installation'))).toBe(false)
    expect(existsSync(join(b.home, '.config/fish/completions/berth.fish'))).toBe(false)
    // What stayed is whole: another Berth goes on from it.
    expect((await b.status(loose)).state).toBe('done')
    expect(existsSync(join(b.home, 'tasks', loose, 'workspace/made.txt'))).toBe(true)

    const all = await uninstall('--force')
    expect(all.removed.map(({ kind, name }) => [kind, name])).toContainEqual(['task', loose])
    expect(all.kept).toEqual([settings()])
    expect(readdirSync(b.home).filter((name) => !name.startsWith('.'))).toEqual(['config.toml', 'notes.txt'])
    expect([ownProcesses(b.home), existsSync(runtimeDir({}, process.getuid?.() ?? 0, b.home))]).toEqual([[], false])
    expect(await leftOnEngine(endpoint, [empty, loose])).toEqual(await leftOnEngine(endpoint, []))

    expect(existsSync(join(b.folder, 'cache/berth'))).toBe(false)
    // A command compiles its own code, so there is a cache to remove again.
    const again = await uninstall()
    expect([kinds(again.removed).filter((kind) => kind !== 'cache'), again.kept]).toEqual([[], [settings()]])
  })

  test('a task that is not over stops it before anything is removed, and --force ends it', async () => {
    const started = await b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', '-c', 'sleep=600', 'x'])
    const id = started.stdout.trim()
    const refused = await b.run(['uninstall'], { env })
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`these tasks are not over: ${id}\n  Stop them with \`berth stop\``)
    expect([existsSync(join(b.folder, 'installation/toolbox')), (await b.status(id)).endedAt]).toEqual([true, null])
    expect((await uninstall('--force')).kept).toEqual([])
    expect([existsSync(join(b.home, 'tasks')), ownProcesses(b.home)]).toEqual([false, []])
  })
})
