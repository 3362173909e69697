import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { docker } from '../../src/engines/docker.ts'
import { engineBench } from '../conformance/engine-bench.ts'
import { rootfulEngines } from '../fixtures/engines.ts'

const [UID, MOST] = [28_411, 300]
/** Takes timers, each of which holds a waiting signal of its user, until there are no more; tells how many and stays. */
const TAKE = `my $n = 0; my $id = "\\0" x 8; $n++ while $n < 5000 && syscall(222, 1, 0, $id) == 0; $| = 1; print "$n\\n"; sleep 60`
const OWN = TAKE.replace('sleep 60', '').replace('5000', '1000')

test.each(rootfulEngines().filter(({ kind }) => kind === 'docker'))(
  'what the kernel counts for a user: containers on $name take their part together, and leave the rest',
  async ({ endpoint }) => {
    const caller = { uid: UID, gid: UID }
    await using bench = await engineBench({
      make: () => docker({ endpoint }),
      image: 'berth-agent:latest',
      caller,
      sandbox: true,
    })
    const change = { argv: ['/usr/bin/perl', '-e', TAKE], userLimits: { sigpending: MOST, msgqueue: 4096 } }
    const taken = async () => {
      const { id, spec } = await bench.run('', change)
      for await (const { data } of bench.engine.logs(id, { follow: true }, bench.signal))
        return { id, spec, count: Number(data.toString()) }
      return expect.unreachable()
    }
    const first = await taken()
    expect(first.count).toBe(MOST)
    expect((await taken()).count).toBe(0)
    const { settings } = await bench.engine.check(first.id, first.spec)
    for (const [setting, value] of Object.entries(change.userLimits))
      expect(settings.find((one) => one.setting === setting)).toMatchObject({ effective: `${value}`, enforced: true })
    const become = ['--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups', 'perl', '-e', OWN]
    expect(execFileSync('setpriv', become, { encoding: 'utf8' }).trim()).toBe('1000')
  },
)
