import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { engineCommand } from '../src/plan/engine-command.ts'
import type { Plan } from '../src/plan/plan.ts'
import { run } from './sandbox.ts'

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/** Berth's own container but for what only its worker needs: the exchange, the gateway's socket, the mirror. */
const containerWords = (plan: Plan, own: string, name: string): readonly string[] => {
  const folders: Readonly<Record<string, string>> = { workspace: join(own, 'work'), home: join(own, 'home') }
  const mounts = plan.container.mounts
    .filter(({ role }) => role === 'toolbox' || role in folders)
    .map((mount) => ({ ...mount, source: folders[mount.role] ?? mount.source }))
  const agent = ['/bin/sh', '-c', 'cd /work && echo noop >> made.txt']
  const { argv: worker } = plan.container
  const init = worker[worker.indexOf('--') - 1] ?? ''
  const container = { ...plan.container, name, mounts, argv: [init, '--', ...agent] }
  const { argv } = engineCommand({ ...plan, container })
  const at = argv.indexOf('run') + 1
  return [...argv.slice(0, at), '--rm', ...argv.slice(at)]
}

/**
 * What a careful person's script does for the same job: clone, the same sandbox (user, limits, settings, init) on the
 * clone, commit, push, with nobody's hooks. Its agent is the shell command itself: it needs no worker. What it leaves
 * on the disk is removed outside the measured time, as a task's workspace is.
 */
export const byHand = (input: {
  readonly remote: string
  readonly plan: Plan
  readonly folder: string
  /** Several run at once: git refuses a hard link to an object whose owner another one changes. */
  readonly several?: boolean
}) => {
  const { remote, plan, folder, several = false } = input
  const { uid, gid } = plan.container.user
  let count = 0
  return async (): Promise<void> => {
    count += 1
    const own = join(folder, `hand-${count}`)
    const container = containerWords(plan, own, `berth-bench-hand-${process.pid}-${count}`)
    const script = `set -e
git clone --quiet${several ? ' --no-hardlinks' : ''} --branch main ${quote(remote)} work
mkdir home
chown -R ${uid}:${gid} work home
${container.map(quote).join(' ')}
cd work
git add --all
git -c user.name=Bench -c user.email=bench@localhost commit --quiet --message noop
git push --quiet origin HEAD:refs/heads/hand-${count}`
    mkdirSync(own)
    const settings = ['safe.directory=*', 'core.hooksPath=/dev/null', 'core.fsmonitor=false']
    const env = Object.fromEntries([
      ['HOME', folder],
      ['GIT_CONFIG_COUNT', String(settings.length)],
      ...settings.flatMap((setting, at) => {
        const [key = '', value = ''] = setting.split('=')
        return [[`GIT_CONFIG_KEY_${at}`, key] as const, [`GIT_CONFIG_VALUE_${at}`, value] as const]
      }),
    ])
    await run('sh', ['-c', script], { env, cwd: own })
  }
}
