import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'

const section = (text: string, title: string) =>
  (text.split(`\n${title}\n`)[1] ?? '')
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '') ?? []

/** A berth whose state folder has this name. */
const berthIn = (name: string) => {
  const b = berth()
  const state = join(b.folder, name)
  mkdirSync(state)
  const env = { BERTH_HOME: state }
  return { b, state, run: (args: readonly string[]) => b.run(args, { env }) }
}

describe.each(rootfulEngines())('commas and quotes in the paths of mounts, on $name', ({ flag, kind, endpoint }) => {
  const agent = ['--engine', flag, '--agent', 'noop']

  test('state folder, work folder and volumes: the task runs, and the printed command makes its container', async () => {
    const { b, state, run } = berthIn('state, "mine"')
    const [work, data] = [join(b.folder, 'work,ro'), join(b.folder, 'data,x')]
    try {
      for (const folder of [work, data]) mkdirSync(folder, { mode: 0o777 })
      execFileSync('chmod', ['777', work])
      writeFileSync(join(data, 'file'), 'from the host\n')
      const flags = [...agent, '--repo', work, '--source', 'mount', '--volume', `${data}:/data, here:ro`]
      const started = await run(['start', ...flags, '--provider-arg', 'sleep=600', 'x'])
      expect(started, started.stderr).toMatchObject({ code: 0 })
      const id = started.stdout.trim()
      const wanted = 'cat "/data, here/file"; echo made > /work/made'
      for (let tries = 0; tries < 100; tries += 1) {
        const ran = await run(['exec', id, 'sh', '-c', wanted])
        if (ran.code !== 0) continue
        expect(ran.stdout).toBe('from the host\n')
        break
      }
      expect(readFileSync(join(work, 'made'), 'utf8')).toBe('made\n')
      const dry = await run(['start', '--dry-run', ...flags, 'x'])
      expect(dry, dry.stderr).toMatchObject({ code: 0 })
      for (const folder of section(dry.stdout, 'folders that the container needs'))
        mkdirSync(folder, { recursive: true })
      const task = /^task +(\S+) turn 1$/m.exec(dry.stdout)?.[1] ?? ''
      const child = spawn('sh', ['-c', section(dry.stdout, 'container')[0] ?? ''], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (text) => (said += String(text)))
      const over = new Promise((resolve) => child.once('close', resolve))
      await new Promise((resolve) => child.stdout.once('data', resolve).once('end', resolve))
      const engine = (...args: string[]) =>
        execFileSync(kind, [kind === 'docker' ? '--host' : '--url', endpoint, ...args], { encoding: 'utf8' })
      const mounts = (name: string) => {
        const [found] = JSON.parse(engine('container', 'inspect', name)) as [
          { Mounts: { Destination: string; Source: string; RW: boolean }[] },
        ]
        return found.Mounts.map(({ Destination, Source, RW }) => [Destination, Source, RW].join(' ')).toSorted()
      }
      try {
        const own = mounts(`berth-${task}-1-1`)
        expect(own, said).toContain(`/data, here ${data} false`)
        expect(own.join('\n').replaceAll(task, id)).toBe(mounts(`berth-${id}-1-1`).join('\n'))
      } finally {
        engine('rm', '--force', `berth-${task}-1-1`)
        await over
      }
    } finally {
      await run(['rm', '--force', '--all'])
      await b.close()
      execFileSync('rm', ['-rf', state])
    }
  })

  test.runIf(kind === 'podman')('what Podman cannot mount is refused by name, and nothing is made', async () => {
    const { b, run } = berthIn('a,b:c')
    try {
      const data = join(b.folder, 'd,e:f')
      mkdirSync(data)
      const inside = await b.run(['start', ...agent, '--repo', data, '--source', 'mount', 'x'])
      expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining(`podman cannot mount ${data} at /work`) })
      expect(inside.stderr).toContain('use --engine docker')
      expect((await b.run(['ls', '-aq'])).stdout).toBe('')
      const refused = await run(['start', ...agent, '--no-repo', 'x'])
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('podman cannot mount ') })
      expect((await run(['ls', '-aq'])).stdout).toBe('')
    } finally {
      await b.close()
    }
  })
})
