import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentExit } from '../../src/providers/provider.ts'

export type Recorded = {
  readonly name: string
  readonly lines: readonly string[]
  readonly exit: AgentExit
  readonly resume: string | null
  readonly stderr: readonly string[]
  /** Requests that came to the model. */
  readonly requests: number
}

/** Output of a real CLI, recorded: NAME.jsonl is its stdout, NAME.json how it ended. */
export const recordedStreams = (provider: string): readonly Recorded[] => {
  const folder = join(import.meta.dirname, '../fixtures', provider)
  const names = readdirSync(folder).filter((file) => file.endsWith('.jsonl'))
  return names.map((file) => {
    const name = file.slice(0, -'.jsonl'.length)
    const about = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Omit<Recorded, 'name' | 'lines'>
    const lines = readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    return { ...about, name, lines }
  })
}
