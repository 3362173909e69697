import { statSync } from 'node:fs'
import type { State } from '../domain/task.ts'
import { loadConfig } from './load-config.ts'

/** What the supervisor does by itself, beside what tasks ask for. */
export type SupervisorSettings = {
  readonly hook: {
    readonly argv: readonly [string, ...string[]]
    readonly states: ReadonlySet<State>
    readonly limitMs: number
  } | null
}

const NONE: SupervisorSettings = { hook: null }

const read = (file: string, env: Readonly<Record<string, string>>): SupervisorSettings => {
  const { values } = loadConfig({ flags: {}, env, file })
  const [program, ...args] = values.hook ?? []
  if (program === undefined) return NONE
  return {
    hook: {
      argv: [program, ...args],
      states: new Set(values['hook-on'] ?? []),
      limitMs: values['hook-timeout'] ?? 0,
    },
  }
}

const stampOf = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}

/** The settings that are in force now: the file is read again when it has changed. With a mistake in it the last ones stay. */
export const supervisorSettings = (input: {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  readonly onMistake: (error: unknown) => void
}): (() => SupervisorSettings) => {
  let stamp: string | undefined
  let held = NONE
  return () => {
    const now = stampOf(input.file)
    if (now === stamp) return held
    stamp = now
    try {
      held = read(input.file, input.env)
    } catch (error) {
      input.onMistake(error)
    }
    return held
  }
}
