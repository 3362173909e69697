import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { lastMessage } from './last-message.ts'
import type { LiveTask } from './live-task.ts'
import { readRaw } from './raw-log.ts'
import { writeRecording } from './recordings.ts'

/** The output of startup script and agent, all streams in order, as bytes. */
export function* rawOutput(path: string): Generator<Buffer> {
  for (const frame of readRaw(path)) {
    if (frame.k === 'out') yield 'd' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')
  }
}

/** The further repositories, as exit.json has the main one. */
const furtherOf = (further: NonNullable<TaskRecord['further']>) =>
  Object.fromEntries(
    Object.entries(further).map(([folder, { repository, head, pushed, pr = null }]) => [
      folder,
      { repository: repository.url, ref: repository.ref, base: repository.base, head, pushed, pr },
    ]),
  )

/** run.log, summary.md and exit.json of the last turn, and its recording, in the task's out/ folder. */
export const writeOutputs = async ({ live, plan }: { readonly live: LiveTask; readonly plan: Plan }): Promise<void> => {
  const { out, raw } = taskPaths(live.folder)
  await mkdir(out, { recursive: true, mode: 0o700 })
  const { record } = live
  const summary = [
    `# ${record.title}`,
    '',
    `${record.outcome?.result ?? record.state}: ${record.reason ?? ''}`,
    '',
    lastMessage(live, plan.turn),
    '',
  ].join('\n')
  const exit = {
    task: record.id,
    turn: plan.turn,
    result: record.outcome?.result ?? null,
    class: record.outcome?.class ?? null,
    exitCode: record.exitCode,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    repository: record.repository.url,
    ref: record.repository.ref,
    base: record.repository.base,
    head: record.head,
    pushed: record.pushed,
    pr: record.pr ?? null,
    ...(record.further !== undefined && { further: furtherOf(record.further) }),
  }
  await Promise.all([
    pipeline(Readable.from(rawOutput(raw(plan))), createWriteStream(`${out}/run.log`, { mode: 0o600 })),
    writeRecording(live, plan),
    writeFile(`${out}/summary.md`, summary, { mode: 0o600 }),
    writeFile(`${out}/exit.json`, `${JSON.stringify(exit, null, 2)}\n`, { mode: 0o600 }),
  ])
}
