/** What a figure is of; docs/performance.md is made from it. */
export type About = {
  /** A `*` stands for the rest of an id. */
  readonly id: string
  /** bench/FILE.bench.ts */
  readonly file: string
  readonly what: string
  /** What the value is: a ratio to this, or a unit. */
  readonly against: string
}

const about = (id: string, file: string, what: string, against: string): About => ({ id, file, what, against })

/** The phases of a start in their order: what each is, and whose time it is. */
export const PHASES = {
  cli: ['CLI, until the request is there', "20 to 25 ms is Node's own start; the rest is compiled code, HTTP, parsing"],
  plan: [
    'plan',
    'engine, image, remote and author looked at side by side; with a repository `git ls-remote` is the slowest',
  ],
  create: ['create', 'the engine'],
  start: ['start, until the worker lives', "the engine; about 25 ms is Node's start in the container"],
  order: ['prompt, gateway and check, the order there', 'ours; only with a pre-started sandbox'],
  ready: [
    'worker ready, the work tree there',
    "one git process where there is a repository, first use of Node's modules",
  ],
  agent: ['the agent', 'its own'],
  commit: ['commit and bundle', 'four git processes, 4 ms or more each; reading and making small files'],
  end: ["the container's end", "the engine; 5 ms is Node's exit, and the bundle is taken meanwhile"],
  publish: ['publish', 'one `git push`, the same by hand'],
  last: ["the last word, the CLI's exit", 'ours'],
} as const
export type Phase = keyof typeof PHASES

/** Every figure of `make bench`, in the order of the docs. The first entry that fits an id is its own. */
export const FIGURES: readonly About[] = [
  about(
    'cold-start',
    'start',
    '`berth run` of an agent that does nothing, no repository',
    '`docker run --rm` of the same container',
  ),
  about('cold-start-true', 'start', 'the same', '`docker run --rm IMAGE true`'),
  about(
    'cold-job',
    'start',
    'a small repository: clone, a changed file, commit, push',
    'a shell script that does the same',
  ),
  about(
    'cold-job-100mb',
    'clone',
    'the same with 100 MB of history over HTTP; Berth has a mirror already',
    'the script, which clones each time',
  ),
  about('warm-job', 'start', '`cold-job` with the pool', 'the script'),
  about('cold-job-100mb-first', 'clone', 'the same, the mirror fetched in it', 'the script'),
  about(
    'warm-start*',
    'start',
    '`berth run` of that agent in a pre-started sandbox',
    '`docker run --rm` of the same container',
  ),
  about(
    'first-answer-pool-*',
    'first-answer',
    'from `berth run` to the first answer of the model, with the pool',
    'ms more than on the host',
  ),
  about(
    'first-answer-*',
    'first-answer',
    'from `berth run` to the first answer of the model, in a container',
    'the same with `--isolation host`',
  ),
  about('burst', 'load', '50 starts at once', '50 starts by the engine alone'),
  about('ls-10k', 'many', '`ls` with 10,000 tasks', '`ls` with ten'),
  about('ls-10k-node', 'many', 'the same', '`node -e 0`'),
  about('ls-10k-all', 'many', '`ls -a` with 10,000 tasks', '`ls` with ten'),
  about('live-200-memory-a-task*', 'load', 'the same over an idle one, by task', 'MB'),
  about('live-200-memory*', 'load', 'resident memory of the supervisor with 200 live tasks', 'MB'),
  about('live-200-*cpu*', 'load', 'its processor time while nothing happens', '% of a processor'),
  about('live-200-inotify', 'load', 'what the kernel lets one user have meanwhile', 'inotify instances'),
  about(
    'live-200-latency-engine',
    'load',
    'a line of a container of the engine alone to `logs --follow`, meanwhile',
    'ms, p99',
  ),
  about('live-200-*', 'load', 'from the word of an agent to a follower, 200 live tasks', 'ms, p99'),
  about('firehose-memory*', 'load', 'memory over idle while an agent prints as fast as it can', 'MB'),
  about('firehose*', 'load', 'its output through to the journal', 'what the log of the engine gives back by itself'),
  about('watchers-memory*', 'load', '1,000 followers of one busy task: memory over idle', 'MB'),
  about('watchers-*', 'load', 'the same: a word to all of them', 'ms, p99'),
  about('journal-memory*', 'journal', 'memory over what a short journal takes', 'MB'),
  about('journal-*-look-ms', 'journal', 'a supervisor starts that has it open, and shows its last event', 'ms'),
  about('journal-*-ms', 'journal', '`log --tail 10` as words', 'ms'),
  about('journal-*-s', 'journal', 'a journal of 1 GB as words', 's'),
  about('journal*', 'journal', 'follow, tail and `--since` on a journal of 1 GB', '`tail`'),
  about('soak-left', 'soak', 'containers and processes that are left when the state folder is gone', 'number'),
  about('soak*', 'soak', 'what is more after the soak than before', 'as named'),
  about(
    'clone',
    'clone',
    'a further task on 500 MB of history, until the agent begins in its work tree',
    'the first task',
  ),
  about('clone-run', 'clone', 'the same, whole runs', 'the first task'),
  about(
    'big-tree',
    'big-tree',
    'work tree of 100,000 files, `--shared-tree`: until the agent begins, a further task',
    'the first task',
  ),
  about('big-tree-run', 'big-tree', 'the same, whole runs', 'the first task'),
  about('big-tree-plain', 'big-tree', 'the same without `--shared-tree`, a second task', 'the first task'),
  about('big-tree-shared-first', 'big-tree', 'the first task with `--shared-tree`', 'the first task without'),
  about('big-tree-*', 'big-tree', 'another way to a work tree of 20,000 files', 'a checkout by one git'),
  about(
    'gateway-first-byte-ms',
    'gateway',
    'a streamed answer’s first byte through the gateway',
    'ms more than direct',
  ),
  about('gateway-late-*', 'gateway', '100 streams of 100 events a second: over 50 ms under way', 'events'),
  about('gateway-scanner-us-an-event', 'gateway', 'reading an event of a stream for its tokens', 'µs'),
  about('history-*', 'many', 'with 100,000 archived tasks', 'with ten'),
  about('mounts-*', 'mounts', 'small and large files, through the mount and in the layer', 'the host'),
]

const fits = (pattern: string, id: string): boolean => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(id)

/** The entry of an id. Throws where there is none: a figure that nobody explains is not kept. */
export const aboutFigure = (id: string): About => {
  const found = FIGURES.find((one) => fits(one.id, id))
  if (found === undefined) throw new Error(`bench/figures.ts has no entry for the figure ${id}`)
  return found
}
