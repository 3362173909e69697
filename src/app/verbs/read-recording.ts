import type { RecordingsAnswer } from '../../api/answers.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { type Read, recordingBytes, recordingRows } from '../task/recordings.ts'

/** A task with what its recordings are made from. */
export const recorded = (tasks: Tasks, record: TaskRecord, journal: JournalReader): Read => {
  const live = tasks.live(record.id)
  return { folder: tasks.folderOf(record.id), record, journal, redact: (text) => live?.redact(text) ?? text }
}

export const listRecordings = (read: Read): RecordingsAnswer => ({
  id: read.record.id,
  recordings: recordingRows(read),
})

/** The recording of a turn, as it is now. */
export const readRecording = (read: Read, turn: number): Iterable<Buffer> | AsyncIterable<Buffer> => {
  const bytes = recordingBytes(read, turn)
  if (bytes === undefined) throw new BerthError('no-recording', `${read.record.id} has no recording of turn ${turn}`)
  return bytes
}
