type Attempt = { readonly turn: number; readonly attempt: number }

const TRASH = 'trash-'

/** The folder of a state folder with a folder for each task. */
export const tasksFolder = (state: string): string => `${state}/tasks`

/** Where a task of that id has its files and its socket. */
export const taskFolders = (
  { state, runtime }: { readonly state: string; readonly runtime: string },
  id: string,
): { readonly task: string; readonly socket: string } => ({
  task: `${tasksFolder(state)}/${id}`,
  socket: `${runtime}/g/${id}`,
})

/** Where something of the state folder is moved to before it is deleted. */
export const trashPath = (state: string, name: string): string => `${state}/${TRASH}${name}`

/** True for a name in the state folder that something moved away to be deleted has. */
export const isTrash = (name: string): boolean => name.startsWith(TRASH)

/** What only further turns need: an archived task has none of it. */
const FOR_TURNS = ['workspace', 'layer', 'home', 'exchange', 'files', 'sessions', 'fork']

/** The files of a task, below its folder. docs/architecture.md says what each is for and who writes it. */
export const taskPaths = (folder: string) => {
  const of = ({ turn, attempt }: Attempt) => `${turn}-${attempt}`
  return {
    journal: `${folder}/events.jsonl`,
    record: `${folder}/task.json`,
    plan: `${folder}/plan.json`,
    publish: `${folder}/publish.git`,
    workspace: `${folder}/workspace`,
    home: `${folder}/home`,
    layer: `${folder}/layer`,
    exchanges: `${folder}/exchange`,
    exchange: (attempt: Attempt) => `${folder}/exchange/${of(attempt)}`,
    raw: (attempt: Attempt) => `${folder}/raw/${of(attempt)}.jsonl`,
    /** A bundle while it is checked. */
    bundle: (attempt: Attempt, job?: 'rebase') => `${folder}/bundles/${of(attempt)}${job ? `-${job}` : ''}.bundle`,
    /** Files that came with prompts, a folder a turn. */
    files: `${folder}/files`,
    filesOf: (turn: number) => `${folder}/files/${turn}`,
    session: (turn: number) => `${folder}/sessions/${turn}.tar`,
    out: `${folder}/out`,
    patch: (turn: number) => `${folder}/out/${turn}.patch`,
    fork: { folder: `${folder}/fork`, objects: `${folder}/fork/objects`, session: `${folder}/fork/session.tar` },
    forTurns: FOR_TURNS.map((name) => `${folder}/${name}`),
  }
}
