import { expect, test } from 'vitest'
import { inotifyCheck, sharedUserCheck } from './inotify-check.ts'

const docker = { kind: 'docker', version: '20.10.24', inotifyLogs: true }
const podman = { kind: 'podman', version: '4.3.1', inotifyLogs: false }

test('an engine that watches logs by inotify, and a kernel that lets it do so few times', () => {
  const [row, ...more] = inotifyCheck([podman, docker], 128)
  expect(more).toEqual([])
  expect(row).toMatchObject({ name: 'inotify', ok: false })
  expect(row?.detail).toMatch(
    /^docker 20\.10\.24 uses one inotify instance for each live task, and a user may have 128; .* 0\.2 s late$/,
  )
  expect(row?.fix).toContain('For more than 64 tasks at once: `sudo sysctl -w fs.inotify.max_user_instances=1024`')
})

test('enough of them is well, and says so', () => {
  expect(inotifyCheck([docker], 1023)).toMatchObject([{ ok: false }])
  expect(inotifyCheck([docker], 1024)).toEqual([
    {
      name: 'inotify',
      ok: true,
      detail: 'docker 20.10.24 uses one inotify instance for each live task, and a user may have 1024',
      fix: null,
    },
  ])
})

test('an engine without it, or a machine without such a limit: nothing', () => {
  expect(inotifyCheck([podman], 128)).toEqual([])
  expect(inotifyCheck([docker], Number.NaN)).toEqual([])
})

test('what tasks can take from each other is told with the setting that helps, whatever the engine', () => {
  expect(sharedUserCheck([], 128)).toEqual([])
  const [row] = sharedUserCheck([podman], 128)
  expect(row).toMatchObject({ ok: true, detail: expect.stringContaining('128 inotify instances') })
  expect(row?.detail).toContain('`sudo sysctl -w fs.inotify.max_user_instances=8192`')
  expect(sharedUserCheck([docker], 8192)[0]?.detail).not.toContain('sysctl')
})
