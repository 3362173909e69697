import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const LOOK = `echo "A=$A B=$B LITERAL=$API_SECRET; MISSING=\${MISSING-unset}; QUOTED=$QUOTED"
pwd; id -u; id -g; cat /data/ro/file; echo w > /data/rw/made && echo rw-ok; (echo x > /data/ro/x) 2>/dev/null || echo ro-ok
cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us`

const everyFile = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe.each(rootfulEngines())('flags of the container on $name', ({ flag, kind, endpoint }) => {
  const t = testBench('file')

  /** Names of the files that hold a value of --env. */
  const holding = () =>
    everyFile(t.b.home)
      .filter((path) => !/\/tasks\/[^/]+\/(home|sessions)\//.test(path))
      .filter((path) => /value-(of-the-secret|from-the-shell)/.test(readFileSync(path, 'latin1')))
      .map((path) => basename(path))

  test('env, volumes, folder, limits, user and labels are what the agent meets and the engine reports', async () => {
    for (const name of ['ro', 'rw']) mkdirSync(join(t.b.folder, name), { recursive: true, mode: 0o777 })
    execFileSync('chmod', ['777', join(t.b.folder, 'rw')])
    writeFileSync(join(t.b.folder, 'ro', 'file'), 'from the host\n')
    t.model.load({ steps: [{ shell: LOOK }, { hang: 'head' }] })
    const started = await t.b.run(
      [
        ...['start', '--engine', flag, '--no-repo', '--base-url', t.model.url],
        ...[
          '--env',
          'A=one',
          '-e',
          'B',
          '--env',
          'MISSING',
          '--env',
          'API_SECRET=value-of-the-secret',
          '--env',
          `QUOTED=it's "two words" = $x`,
        ],
        ...['--volume', `${t.b.folder}/ro:/data/ro:ro`, '-v', `${t.b.folder}/rw:/data/rw`, '--workdir', '/data/rw'],
        ...[
          '--memory',
          '600m',
          '--cpus',
          '1.5',
          '--pids',
          '250',
          '--user',
          '4321:4322',
          '--label',
          'team=blue',
          '--label',
          'org.example/x=y z',
        ],
        'look',
      ],
      { env: { B: 'value-from-the-shell' } },
    )
    expect(started.stderr).toBe(
      'berth: warning: --env MISSING: this shell does not set it, so the agent does not get it\n',
    )
    const id = started.stdout.trim()
    const tool = await t.b.until(id, (event) => event.type === 'agent.tool.end')
    const output = tool.type === 'agent.tool.end' ? tool.output : ''
    expect(output).toContain(`A=one B=*** LITERAL=***; MISSING=unset; QUOTED=it's "two words" = $x`)
    expect(output).toMatch(/\n\/data\/rw\n4321\n4322\nfrom the host\nrw-ok\nro-ok\n/)
    expect(output).toContain(String(600 * 1024 * 1024))
    expect(output).toMatch(/^250$/m)
    expect(output).toMatch(/^150000( 100000)?$/m)
    expect(statSync(join(t.b.folder, 'rw', 'made')).uid).toBe(4321)

    const [found] = JSON.parse(
      execFileSync(
        kind,
        [kind === 'docker' ? '--host' : '--url', endpoint, 'container', 'inspect', `berth-${id}-1-1`],
        { encoding: 'utf8' },
      ),
    ) as [{ Config: { Labels: object; User: string; Env: readonly string[] }; HostConfig: object }]
    expect(found.Config.Labels).toMatchObject({
      team: 'blue',
      'org.example/x': 'y z',
      'berth.managed': 'true',
      'berth.task': id,
    })
    expect(found.HostConfig).toMatchObject({ Memory: 600 * 1024 * 1024, PidsLimit: 250 })
    expect(found.Config.User).toBe('4321:4322')
    expect(JSON.stringify(found)).not.toContain('value-')

    expect(await t.b.status(id)).toMatchObject({
      labels: { team: 'blue' },
      warnings: [expect.stringContaining('MISSING')],
    })
    // The order, which the container reads, is the one file of ours with values; the agent's home and the copies of its session are the agent's.
    expect(holding()).toEqual(['order.json'])
    await t.b.run(['stop', '--now', id])
    expect((await t.b.run(['ls', '-aq', '--label', 'team=blue'])).stdout).toBe(`${id}\n`)
    await t.b.until(id, (event) => event.type === 'container.removed')
    expect(holding()).toEqual([])
  })
})
