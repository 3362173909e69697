import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Context } from '../context.ts'
import { sessionValidateAction } from './session-validate.ts'

let folder: string
let out: string
let said: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-sessions-'))
  out = ''
  said = ''
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const validate = async (toml: string, json: boolean): Promise<number> => {
  writeFileSync(join(folder, 's.toml'), toml)
  const context = {
    env: {},
    cwd: folder,
    paths: { configFile: join(folder, 'config.toml') },
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (said += text) },
  } as unknown as Context
  return await sessionValidateAction(context, 's.toml', json)
}

const MANIFEST = `[defaults]
repo = "team/app"
branch = "main"
env.TOKEN = "canary"
[[sessions]]
id = "plan"
role = "planner"
owner = "ann"
prompt = "make a plan"
[[sessions]]
id = "build"
provider = "claude"
after = "plan"
prompt = "Do this: {{results.plan.text}}"
`

test('a line for each session', async () => {
  expect(await validate(MANIFEST, false)).toBe(0)
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['SESSION', 'ROLE', 'OWNER', 'AGENT', 'REPOSITORY', 'BRANCH', 'AFTER'],
    ['plan', 'planner', 'ann', 'codex', 'team/app', 'main', '-'],
    ['build', '-', '-', 'claude', 'team/app', 'main', 'plan'],
    [''],
  ])
  expect(said).toBe('')
})

test('all repositories of a session stand in its line', async () => {
  const several = MANIFEST.replace('env.TOKEN', 'repos = ["git@git.example:lib:vendor"]\nenv.TOKEN')
  expect(await validate(several, false)).toBe(0)
  expect(out).toContain('  team/app, git@git.example:lib  main')
})

test('as JSON, with the names of variables and without their values', async () => {
  expect(await validate(MANIFEST, true)).toBe(0)
  expect(out).not.toContain('canary')
  expect(JSON.parse(out)).toMatchObject({
    file: 's.toml',
    name: 's',
    valid: true,
    errors: [],
    sessions: [
      { id: 'plan', row: 1, line: 5, role: 'planner', owner: 'ann', after: [], settings: { env: ['TOKEN'] } },
      { id: 'build', row: 2, line: 10, role: null, after: ['plan'], settings: { agent: 'claude', branch: 'main' } },
    ],
  })
})

test('every mistake at once, with the hint at the end', async () => {
  const wrong = MANIFEST.replace('role = "planner"', 'rolle = "planner"').replace('after = "plan"', 'after = "plam"')
  expect(await validate(wrong, false)).toBe(2)
  expect(out).toBe('')
  expect(said.split('\n')).toEqual([
    'berth: s.toml:7: session 1 (plan): unknown key "rolle" (did you mean role?)',
    'berth: s.toml:13: session 2 (build): after: there is no session "plam" (did you mean plan?)',
    'berth: s.toml:14: session 2 (build): results.plan: the session does not wait for "plan": write it into after',
    '  Correct the named line. `berth session validate -f FILE` names every mistake of a manifest.',
    '',
  ])
})

test('a mistake as JSON has its file, line, row and session', async () => {
  expect(await validate(MANIFEST.replace('branch = "main"', ''), true)).toBe(2)
  const { valid, errors, sessions } = JSON.parse(out) as { valid: boolean; errors: unknown[]; sessions: unknown[] }
  expect([valid, sessions]).toEqual([false, []])
  expect(errors).toMatchObject([
    { code: 'manifest-invalid', file: 's.toml', line: 5, row: 1, session: 'plan' },
    { message: 's.toml:10: session 2 (build): branch: a session needs a branch', row: 2 },
  ])
})
