import { LABEL } from './container-spec.ts'

/** Where Berth writes a task's state and transcript for other programs; absent: nowhere. */
export type OutputPaths = { readonly state?: string; readonly transcript?: string }

type Asked = {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly fork?: object | undefined
  readonly request: { readonly output?: string | undefined; readonly transcriptDir?: string | undefined }
}

export const STATE_FILE = 'state.json'
export const TRANSCRIPT_FILE = 'transcript.ndjson'

/** The role in paths of a task that has none. */
const NO_ROLE = 'none'

/** The session that a task's files are named by. A fork has the label of the task that it forks, and a folder of its own. */
export const outputSession = ({ id, labels, fork }: Omit<Asked, 'request'>): string =>
  (fork === undefined ? labels[LABEL.session] : undefined) ?? id

/** The paths in DIR/ROLE/SESSION, where the request names a DIR. */
export const outputPaths = (asked: Asked): OutputPaths | undefined => {
  const { output, transcriptDir = output } = asked.request
  if (transcriptDir === undefined) return undefined
  const below = `${asked.labels[LABEL.role] ?? NO_ROLE}/${outputSession(asked)}`
  return {
    ...(output === undefined ? {} : { state: `${output}/${below}/${STATE_FILE}` }),
    transcript: `${transcriptDir}/${below}/${TRANSCRIPT_FILE}`,
  }
}
