import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

const KEY = 'sk-real-key-of-the-test'

describe.each(rootfulEngines())('the main job on $name', ({ flag }) => {
  const t = testBench('file')

  test('from a prompt to a pushed branch, with the key outside', async () => {
    t.model.load({
      key: KEY,
      steps: [
        {
          text: 'I write the file.',
          shell:
            'echo made-by-agent > made.txt; env; ls -la /work; cat /proc/self/status | grep -i cap; ls /sys/class/net',
        },
        { text: 'All done.', usage: { input: 100, output: 20 } },
      ],
    })
    const ran = await t.b.run([
      'run',
      '--engine',
      flag,
      '--repo',
      t.remote.url,
      '--branch',
      'main',
      '--agent',
      'codex',
      '--base-url',
      t.model.url,
      'make the file',
    ])
    expect(ran.stderr + ran.stdout).toContain('All done.')
    expect(ran.code).toBe(0)
    const { tasks } = await t.b.json<{ tasks: { id: string; state: string }[] }>(['ls', '-a'])
    expect(tasks).toMatchObject([{ state: 'done' }])
    const id = tasks[0]?.id ?? ''
    expect(git(t.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('made-by-agent')
    expect(git(t.remote.bare, ['log', '-1', '--format=%B', `berth/${id}`])).toContain(`Berth-Task: ${id}`)
    const events = await t.b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    const tool = events.find((event) => event.type === 'agent.tool.end')
    expect(tool).toMatchObject({ ok: true, exitCode: 0 })
    expect(JSON.stringify(events)).not.toContain(KEY)
    expect(tool?.type === 'agent.tool.end' && tool.output).toMatch(/lo\n?$/)
    expect(await t.b.status(id)).toMatchObject({
      state: 'done',
      pushed: { branch: `berth/${id}` },
      provider: { id: 'codex', version: '0.169.0' },
    })
  })
})
