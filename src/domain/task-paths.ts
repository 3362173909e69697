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

/** Beside the folder of a task's socket: the folder with its token, and the socket of the daemon that keeps it fresh. */
export const tokenPaths = ({
  task,
  socket,
}: {
  readonly task: string
  readonly socket: string
}): { readonly secrets: string; readonly daemon: string; readonly lock: string } => {
  const [, runtime = '', id = ''] = /^(.*)\/g\/([^/]*)$/.exec(socket) ?? []
  return { secrets: `${runtime}/secrets/${id}`, daemon: `${runtime}/d/${id}`, lock: `${task}/token-daemon.lock` }
}

/**
 * The folders of a task to be made. `work` holds its workspace, and the kernel's folder of an overlay: below `base` if
 * there is one, else beside the task's other files.
 */
export const newTaskFolders = (
  folders: { readonly state: string; readonly runtime: string },
  id: string,
  base: string | null,
): { readonly task: string; readonly socket: string; readonly work: string } => {
  const own = taskFolders(folders, id)
  return { ...own, work: base === null ? own.task : `${base}/${id}` }
}

/** Where the workspace of a task lies: in the folder that the user named, else in the folder of its work. */
export const workspaceOf = ({
  work,
  named,
}: {
  readonly work: string
  readonly named?: { readonly path: string }
}): string => named?.path ?? workPaths(work).workspace

/** What lies in the folder of a task's work. The kernel needs both on one file system. */
export const workPaths = (work: string) => ({ workspace: `${work}/workspace`, layer: `${work}/layer` })

/** Where something of the state folder is moved to before it is deleted. */
export const trashPath = (state: string, name: string): string => `${state}/${TRASH}${name}`

/** True for a name in the state folder that something moved away to be deleted has. */
export const isTrash = (name: string): boolean => name.startsWith(TRASH)

/** The name that trash had before. */
export const trashName = (name: string): string => name.slice(TRASH.length)

/** What only further turns need: an archived task has none of it. */
const FOR_TURNS = [
  'workspace',
  'layer',
  'home',
  'temporary',
  'exchange',
  'files',
  'sessions',
  'fork',
  'modules',
  'seccomp.json',
  'zone',
]

/** The files of a task, below its folder. docs/architecture.md says what each is for and who writes it. */
export const taskPaths = (folder: string) => {
  const of = ({ turn, attempt }: Attempt) => `${turn}-${attempt}`
  return {
    journal: `${folder}/events.jsonl`,
    record: `${folder}/task.json`,
    plan: `${folder}/plan.json`,
    /** How far the transcript of --output is written. */
    transcript: `${folder}/transcript.json`,
    publish: `${folder}/publish.git`,
    /** The same for a repository beside the main one, by its folder. */
    publishOf: (repository: string) => `${folder}/publish-${repository}.git`,
    home: `${folder}/home`,
    /** Names the folder of the workspace, if that lies elsewhere. */
    place: `${folder}/place`,
    /** Describes the folder of the workspace, if the user named it. */
    named: `${folder}/workspace.json`,
    /** Copies of the user's seccomp profile and of the time zone's file. */
    seccomp: `${folder}/seccomp.json`,
    zone: `${folder}/zone`,
    /** /tmp of an image that has none. */
    temporary: `${folder}/temporary`,
    /** The repositories of submodules, with the objects of their mirrors, and their list. */
    modules: `${folder}/modules`,
    exchanges: `${folder}/exchange`,
    exchange: (attempt: Attempt) => `${folder}/exchange/${of(attempt)}`,
    raw: (attempt: Attempt) => `${folder}/raw/${of(attempt)}.jsonl`,
    /** The screen of a turn with a terminal: the beginning of the names of two files. */
    screen: (attempt: Attempt) => `${folder}/screen/${of(attempt)}`,
    /** A bundle while it is checked, by its name in the exchange folder. */
    bundle: (attempt: Attempt, file: string, job?: 'rebase') =>
      `${folder}/bundles/${of(attempt)}${job ? `-${job}` : ''}-${file}`,
    /** Files that came with prompts, a folder a turn. */
    files: `${folder}/files`,
    filesOf: (turn: number) => `${folder}/files/${turn}`,
    session: (turn: number) => `${folder}/sessions/${turn}.tar`,
    out: `${folder}/out`,
    patch: (turn: number) => `${folder}/out/${turn}.patch`,
    recording: (turn: number) => `${folder}/out/${turn}.cast`,
    fork: { folder: `${folder}/fork`, objects: `${folder}/fork/objects`, session: `${folder}/fork/session.tar` },
    forTurns: FOR_TURNS.map((name) => `${folder}/${name}`),
  }
}
