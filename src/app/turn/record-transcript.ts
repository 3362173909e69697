import { existsSync } from 'node:fs'
import type { EventBody } from '../../domain/event.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Provider } from '../../providers/provider.ts'
import { errorMessage } from '../../std/error-message.ts'
import { clipEvent, type WorkerReport } from './frame-parser.ts'
import { readTranscript, TRANSCRIPT_LIMITS } from './read-transcript.ts'
import type { Running } from './running.ts'

/** So many events are appended at once. */
const PIECE = 200

/**
 * Journals what was said at the terminal, from the packed session. The events count as those of a frame behind the last
 * one, so after a crash those that the journal has are known.
 */
export const recordTranscript = async (
  { live, plan, history: { position } }: Pick<Running, 'live' | 'plan' | 'history'>,
  { title, transcript }: Pick<Provider, 'title' | 'transcript'>,
  { began, lastFrame }: Pick<WorkerReport, 'began' | 'lastFrame'>,
): Promise<void> => {
  const archive = taskPaths(live.folder).session(plan.turn)
  if (transcript === undefined || began === null || !existsSync(archive)) return
  const own = lastFrame + 1
  const known = position?.[0] === own ? position[1] : 0
  try {
    const events = await readTranscript({
      archive,
      transcript,
      since: began,
      redact: live.redact,
      limits: TRANSCRIPT_LIMITS,
    })
    const bodies = events.map((event, at): EventBody => {
      return { turn: plan.turn, ...clipEvent(event), from: [own, at + 1] }
    })
    for (let at = known; at < bodies.length; at += PIECE) live.append(...bodies.slice(at, at + PIECE))
  } catch (error) {
    const text = `Berth could not read what was said at the terminal of ${title}: ${errorMessage(error)}`
    if (!live.record.warnings.includes(text)) live.append({ type: 'notice', level: 'warning', text })
  }
}
