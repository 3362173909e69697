import { expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import type { CloneSource, Facts } from './facts.ts'
import { planGitFiles } from './git-files.ts'

const PATHS = {
  work: '/work',
  mirror: '/berth/mirror.git',
  furtherMirrors: [],
  bin: '/opt/berth/bin',
  helper: ['/n', '/it is'],
}
const sandboxed = { policy: 'sandboxed', lfs: 'off' } as const

const filesOf = (source: Facts['source']) => planGitFiles(sandboxed, { host: null, source }, PATHS)
const cloneOf = (url: string) => filesOf({ ...FACTS.source, url } as Facts['source'])

test('git has a way to the mirror in a sandbox alone', () => {
  expect(planGitFiles({ policy: 'open', lfs: 'off' }, FACTS, PATHS)).toEqual([])
  expect(planGitFiles(sandboxed, { ...FACTS, host: {} as Facts['host'] }, PATHS)).toEqual([])
  expect(planGitFiles(sandboxed, FACTS, PATHS).map(({ path }) => path)).toEqual([
    '.config/berth/git',
    '.config/berth/git-work',
  ])
})

test('git has a filter of Git LFS wherever there is a clone', () => {
  const filter = `[filter "lfs"]\n\tprocess = "/n '/it is' --lfs . /berth/mirror.git"\n\trequired = "true"\n`
  expect(planGitFiles({ policy: 'open', lfs: 'on' }, FACTS, PATHS)).toEqual([
    { path: '.config/berth/git', text: filter },
  ])
  const [file, ...rest] = planGitFiles({ policy: 'sandboxed', lfs: 'on' }, FACTS, PATHS)
  expect(file?.text.endsWith(filter)).toBe(true)
  expect(rest).toHaveLength(1)
  const none = { ...FACTS, source: { kind: 'none' } } as const
  expect(planGitFiles({ policy: 'open', lfs: 'on' }, none, { ...PATHS, mirror: null })).toEqual([])
})

test('without a repository git is told of ssh alone', () => {
  const [file, ...rest] = filesOf({ kind: 'none' })
  expect(rest).toEqual([])
  expect(file?.text).toBe('[core]\n\tsshCommand = "/opt/berth/bin/git-remote-berth --ssh"\n[ssh]\n\tvariant = "ssh"\n')
})

test('an ssh repository needs no settings for the work folder', () => {
  const files = cloneOf('git@git.example:team/app.git')
  expect(files).toHaveLength(1)
  expect(files[0]?.text).not.toContain('insteadOf')
})

test('a path of this machine stands for nothing in the sandbox but origin', () => {
  const text = cloneOf('/home/ada/app').map((file) => file.text)
  expect(text.join('')).not.toContain('insteadOf')
  expect(text[1]).toBe('[remote "origin"]\n\tvcs = "berth"\n')
})

test('of several repositories, each address leads to its own mirror', () => {
  const source = { ...FACTS.source, folder: 'app' } as CloneSource
  const further = [{ ...source, url: '/srv/lib', folder: 'lib' }]
  const paths = { ...PATHS, furtherMirrors: ['/berth/mirrors/lib.git'] }
  const [all, ...works] = planGitFiles(sandboxed, { host: null, source, further }, paths)
  expect(works.map(({ path }) => path)).toEqual(['.config/berth/git-work-app', '.config/berth/git-work-lib'])
  const lines = all?.text.split('\n').filter((line) => /mirror =|origin =|includeIf|path =/.test(line)) ?? []
  const at = (text: string) => lines.findIndex((line) => line.includes(text))
  expect(at('/work/app/.git"')).toBeLessThan(at('/berth/mirror.git'))
  expect(at('/berth/mirror.git')).toBeLessThan(at('origin = "https://git.example/team/app"'))
  expect(at('git.example:team/app')).toBeLessThan(at('/berth/mirrors/lib.git'))
  expect(at('/berth/mirrors/lib.git')).toBeLessThan(at('origin = "/srv/lib"'))
})

test('quotes and backslashes of an address end no value', () => {
  const text = cloneOf('https://git.example/a"b\\c')[1]?.text
  expect(text).toContain('[remote "https://git.example/a\\"b\\\\c"]')
})
