import type { Event } from '../../domain/event.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { errorMessage } from '../../std/error-message.ts'
import { plainJson } from '../../std/plain-json.ts'
import { replaceInFolder } from '../../std/replace-in-folder.ts'
import type { Journal } from '../../store/store.ts'
import { type Given, givenBy, stateFileOf } from '../../views/state-file.ts'
import { lastPlan } from './journal-plans.ts'
import type { OutputClaims } from './output-claims.ts'
import { isTold } from './snapshot.ts'
import { transcriptFile } from './transcript-file.ts'

type Input = {
  /** The task's folder. */
  readonly folder: string
  readonly journal: Journal
  readonly claims: OutputClaims
  /** Is told once of each reason why something could not be written. */
  readonly onTrouble: (text: string) => void
}

/**
 * The files of a task for other programs: state.json and transcript.ndjson. They are projections of the journal, written
 * before anybody is told of the events. What cannot be written here holds nothing up.
 */
export const outputFiles = ({ folder, journal, claims, onTrouble }: Input) => {
  const troubles = new Set<string>()
  let given: Given | undefined
  let transcript: ReturnType<typeof transcriptFile> | undefined
  let broken = false

  const fail = (path: string, error: unknown): void => {
    const text = `${path} could not be written: ${errorMessage(error)}`
    if (troubles.has(text)) return
    troubles.add(text)
    onTrouble(text)
  }
  const writeState = (record: TaskRecord, path: string, at: string): void => {
    try {
      given ??= givenBy(lastPlan({ journal }))
      replaceInFolder(path, `${plainJson(stateFileOf(record, { at, journal: journal.path, given }))}\n`)
    } catch (error) {
      fail(path, error)
    }
  }
  const writeTranscript = (path: string, events: readonly Event[]): void => {
    transcript ??= transcriptFile({ journal, path, mark: taskPaths(folder).transcript })
    void transcript.take(events).then(
      () => {
        broken = false
      },
      (error: unknown) => {
        broken = true
        fail(path, error)
      },
    )
  }
  const noteGiven = (events: readonly Event[]): void => {
    for (const event of events) if (event.type === 'turn.planned') given = givenBy(event.plan as Plan)
  }
  return {
    /** `before`: the state before the last events; undefined: they were there before this supervisor. */
    take(record: TaskRecord, before: State | undefined, events: readonly Event[]): void {
      const at = events.at(-1)?.at
      if (record.output === undefined || at === undefined) return
      const { state, transcript: lines } = record.output
      noteGiven(events)
      const changed = record.state !== before || isTold(events) || events.some(({ type }) => type === 'turn.phase')
      const isOurs = (path: string | undefined): path is string => path !== undefined && claims(record, path)
      if (changed && isOurs(state)) writeState(record, state, at)
      // A folder that cannot be written to is tried again at the next change.
      if ((changed || !broken) && isOurs(lines)) writeTranscript(lines, events)
    },
    settled: async (): Promise<void> => {
      await transcript?.settled()
    },
  }
}
