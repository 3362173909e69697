import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

describe.each(anyEngine())('what diff shows of a task, on $name', ({ flag }) => {
  const bench = workshopBench(flag)
  const diff = async (...args: readonly string[]) => {
    const ran = await bench.b.run(['diff', ...args])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout
  }
  const send = async (id: string, shell: string | null) => {
    bench.model.reset()
    bench.model.load({ steps: shell === null ? [] : [{ text: 'I work.', shell }] })
    const ran = await bench.b.run(['send', '--follow', id, 'more'])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
  }
  const refused = async (says: string, ...args: readonly string[]) =>
    expect(await bench.b.run(['diff', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(says),
    })

  test('of a repository: paths, names, and what one turn changed', async () => {
    const shell = 'mkdir src; echo one > src/one.txt; echo top > top.txt'
    const args = ['--repo', bench.remote.url, '--branch', 'main', '--push', 'none', '--uncommitted', 'keep']
    const { id } = await bench.job({ shell, args })
    await send(id, 'echo two >> src/one.txt; echo new > src/new.txt')
    expect(await diff('--name-only', id)).toBe('src/new.txt\nsrc/one.txt\ntop.txt\n')
    expect(await diff('--name-only', id, '--', 'src/', './top.txt')).toBe('src/new.txt\nsrc/one.txt\ntop.txt\n')
    expect(await diff('--name-only', id, '--turn', '1')).toBe('src/one.txt\ntop.txt\n')
    expect(await diff('--name-only', '--turn=2', id)).toBe('src/new.txt\nsrc/one.txt\n')
    const second = await diff(id, '--turn', '2', '--', 'src/one.txt')
    expect(second).toContain('\n+two\n')
    expect(second).not.toContain('+one')
    expect(await diff(id, '--stat', '--', 'top.txt')).toMatch(/^ top\.txt \| 1 \+\n 1 file changed, 1 insertion/)
    expect(await diff(id, '--', 'no-such-file')).toBe('')
    expect(JSON.parse(await diff('--json', id, '--', 'src'))).toEqual({
      id,
      files: [
        { path: 'src/new.txt', insertions: 1, deletions: 0, binary: false },
        { path: 'src/one.txt', insertions: 2, deletions: 0, binary: false },
      ],
    })
    expect(JSON.parse(await diff('--json', id, '--', 'no-such-file'))).toEqual({ id, files: [] })
    await refused('--json excludes --stat and --name-only', id, '--json', '--stat')
    await refused('has no turn 3: its turns are 1 to 2', id, '--turn', '3')
    await refused('--turn soon: not the number of a turn', id, '--turn', 'soon')
    await refused('../x: not a path in the work', id, '--', '../x')
    await refused('/etc/passwd: not a path in the work', id, '--', '/etc/passwd')
    await refused('--stat and --name-only exclude each other', id, '--stat', '--name-only')
    await refused('--turn and --branch exclude each other', id, '--turn', '1', '--branch', 'x')
  })

  test('of a copied folder: all turns together, also after one that left nothing', async () => {
    const folder = join(bench.b.folder, 'copied')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.txt'), 'a\n')
    const { id } = await bench.job({ shell: 'echo b >> a.txt', args: ['--repo', folder, '--source', 'copy'] })
    expect(await diff('--turn', '1', '--name-only', id)).toBe('a.txt\n')
    await send(id, 'mkdir sub; echo c > sub/c.txt')
    const both = await diff(id)
    expect(both).toContain('\n+b\n')
    expect(both).toContain('\n+c\n')
    expect(await diff('--stat', id)).toBe(
      ' a.txt | 1 (+1 -0)\n sub/c.txt | 1 (+1 -0)\n 2 files changed, 2 insertions(+)\n',
    )
    expect(await diff('--name-only', id, '--', 'sub')).toBe('sub/c.txt\n')
    await refused('keeps only the changes of all turns together', id, '--turn', '2')
    bench.model.reset()
    bench.model.load({ steps: [{ hang: 'head' }] })
    await bench.b.run(['send', id, 'wait'])
    await bench.b.until(id, (event) => event.type === 'agent.started' && event.turn === 3)
    expect(await diff(id)).toBe(both)
    await bench.b.run(['stop', '--now', id])
    expect(await diff(id)).toBe(both)
    expect((await bench.b.run(['apply', id], { cwd: folder })).stdout).toBe('a.txt\nsub/c.txt\n')
  })
})
