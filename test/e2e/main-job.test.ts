import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

const KEY = 'sk-real-key-of-the-test'

describe.each(rootfulEngines())('the main job on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    remote = await startFileRemote()
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })

  test('from a prompt to a pushed branch, with the key outside', async () => {
    model.load({
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
    const ran = await b.run([
      'run',
      '--engine',
      flag,
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--agent',
      'codex',
      '--base-url',
      model.url,
      'make the file',
    ])
    expect(ran.stderr + ran.stdout).toContain('All done.')
    expect(ran.code).toBe(0)
    const { tasks } = await b.json<{ tasks: { id: string; state: string }[] }>(['ls', '-a'])
    expect(tasks).toMatchObject([{ state: 'done' }])
    const id = tasks[0]?.id ?? ''
    expect(git(remote.bare, ['show', `berth/${id}:made.txt`])).toBe('made-by-agent')
    expect(git(remote.bare, ['log', '-1', '--format=%B', `berth/${id}`])).toContain(`Berth-Task: ${id}`)
    const events = await b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    const tool = events.find((event) => event.type === 'agent.tool.end')
    expect(tool).toMatchObject({ ok: true, exitCode: 0 })
    expect(JSON.stringify(events)).not.toContain(KEY)
    expect(tool?.type === 'agent.tool.end' && tool.output).toMatch(/lo\n?$/)
    expect(await b.status(id)).toMatchObject({
      state: 'done',
      pushed: { branch: `berth/${id}` },
      provider: { id: 'codex', version: '0.169.0' },
    })
  })
})
