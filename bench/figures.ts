/** Describes a figure; docs/performance.md is made from it. */
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

/** The phases of a start in their order: the name of each, and where its time goes. */
export const PHASES = {
  cli: [
    'CLI, until the supervisor has the request',
    "Node's own start: 20 to 25 ms; the rest: compiled code, HTTP, parsing",
  ],
  plan: ['plan', 'engine, image, remote and author, looked up side by side; `git ls-remote` takes longest'],
  create: ['create', 'the engine'],
  start: ['start, until the worker runs', "the engine; Node's start in the container: about 25 ms"],
  order: ['prompt, gateway, check and order', 'Berth; only with a pre-started sandbox'],
  ready: [
    'worker, until the work tree is ready',
    "one git process if the task has a repository; first use of Node's modules",
  ],
  agent: ['the agent', 'the agent'],
  commit: ['commit and bundle', 'four git processes, 4 ms or more each; small files'],
  end: ["the container's end", "the engine; Node's exit: 5 ms; Berth takes the bundle meanwhile"],
  publish: ['publish', 'one `git push`, as in the script'],
  last: ["the last output and the CLI's exit", 'Berth'],
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
  about(
    'cold-supervisor',
    'start',
    '`cold-start` with no supervisor and no gateway running',
    '`docker run --rm` of the same container',
  ),
  about('cold-supervisor-ms', 'start', '`cold-supervisor`', 'ms more than `docker run --rm` of the same container'),
  about('cold-start-true', 'start', '`cold-start`', '`docker run --rm IMAGE true`'),
  about(
    'cold-job',
    'start',
    'a small repository: clone, a changed file, commit, push',
    'a shell script that does the same',
  ),
  about(
    'cold-job-100mb',
    'clone',
    'a job on a repository with 100 MB of history over HTTP; Berth has a mirror already',
    'the script, which clones each time',
  ),
  about(
    'second-start',
    'spare',
    'default settings: `berth run` of an agent that does nothing, the third and further ones of a kind',
    '`docker run --rm` of the same container',
  ),
  about('second-job', 'spare', 'the same with a small repository, a changed file, commit and push', 'the script'),
  about(
    'spare-memory',
    'spare',
    'resident memory of a waiting sandbox: all its processes, with the pages that they share with others',
    'MB',
  ),
  about(
    'spare-settle-ms',
    'spare',
    'processor time of it, its engine process and the supervisor in the first 15 s in which it waits',
    'ms',
  ),
  about('spare-memory-charged', 'spare', 'what the kernel charges its container, as `docker stats` counts', 'MB'),
  about('spare-memory-engine', 'spare', "resident memory of the engine's own process beside it", 'MB'),
  about(
    'spare-cpu',
    'spare',
    'processor time of a waiting sandbox: its container, the process beside it and the supervisor',
    '% of a processor',
  ),
  about(
    'ten-at-once',
    'at-once',
    'ten jobs at once on one remote, each with a commit and a push, until the last is pushed',
    'ten scripts at once that do the same',
  ),
  about('warm-job', 'start', '`cold-job` with the pool', 'the script'),
  about('cold-job-100mb-first', 'clone', '`cold-job-100mb`, with the fetch of the mirror', 'the script'),
  about(
    'terminal-key-*',
    'terminal',
    'a key press to its echo, by `berth attach`',
    "ms over the same container by the engine's own `exec -it`",
  ),
  about(
    'warm-start*',
    'start',
    '`berth run` of an agent that does nothing, in a pre-started sandbox',
    '`docker run --rm` of the same container',
  ),
  about(
    'first-answer-cold-*',
    'first-answer',
    'from `berth run` to the first answer of the model, in a container of its own',
    'with `--isolation host`',
  ),
  about(
    'first-answer-*',
    'first-answer',
    'from `berth run` to the first answer of the model, default settings, the third and further tasks of a kind',
    'ms more than on the host',
  ),
  about('burst', 'load', '50 starts at once', '50 starts by the engine without Berth'),
  about('ls-10k', 'many', '`ls` with 10,000 tasks', '`ls` with ten'),
  about('ls-10k-node', 'many', '`ls` with 10,000 tasks', '`node -e 0`'),
  about('ls-10k-all', 'many', '`ls -a` with 10,000 tasks', '`ls` with ten'),
  about('live-200-memory-a-task*', 'load', 'memory of the supervisor for each of 200 live tasks', 'MB'),
  about('live-200-memory*', 'load', 'resident memory of the supervisor with 200 live tasks', 'MB'),
  about('live-200-*cpu*', 'load', 'processor time of the supervisor with 200 idle live tasks', '% of a processor'),
  about('live-200-inotify', 'load', 'what the kernel allows one user', 'inotify instances'),
  about(
    'live-200-latency-engine',
    'load',
    'from a line of a plain container to `docker logs --follow`, beside 200 live tasks',
    'ms, p99',
  ),
  about('live-200-*', 'load', 'from the output of an agent to a follower, 200 live tasks', 'ms, p99'),
  about('firehose-memory*', 'load', 'memory above idle while an agent prints as fast as it can', 'MB'),
  about(
    'firehose*',
    'load',
    'output of such an agent until it is in the journal',
    '`docker logs --follow` of the same output',
  ),
  about('watchers-memory*', 'load', '1,000 followers of one busy task: memory above idle', 'MB'),
  about('watchers-*', 'load', '1,000 followers: from an output to all of them', 'ms, p99'),
  about('journal-memory*', 'journal', 'memory above that for a short journal', 'MB'),
  about(
    'journal-*-look-ms',
    'journal',
    'start of a supervisor on a journal of 1 GB, until it shows the last event',
    'ms',
  ),
  about('journal-*-ms', 'journal', '`log --tail 10` as a transcript', 'ms'),
  about('journal-*-s', 'journal', 'a journal of 1 GB as a transcript', 's'),
  about('journal*', 'journal', 'follow, tail and `--since` on a journal of 1 GB', '`tail`'),
  about('soak-left', 'soak', 'containers and processes that are left when the state folder is gone', 'number'),
  about('soak*', 'soak', 'growth over the soak', 'as the id says (memory in MB)'),
  about(
    'clone',
    'clone',
    'a further task on 500 MB of history, until the agent begins in its work tree',
    'the first task',
  ),
  about('clone-run', 'clone', '`clone`, the whole run', 'the first task'),
  about(
    'big-tree',
    'big-tree',
    'work tree of 100,000 files, `--shared-tree`: until the agent begins, a further task',
    'the first task',
  ),
  about('big-tree-run', 'big-tree', '`big-tree`, the whole run', 'the first task'),
  about('big-tree-plain', 'big-tree', '`big-tree` without `--shared-tree`', 'the first task'),
  about('big-tree-shared-first', 'big-tree', 'the first task with `--shared-tree`', 'the first task without it'),
  about('big-tree-*', 'big-tree', 'another way to a work tree of 20,000 files', 'a checkout by one git'),
  about(
    'gateway-first-byte-ms',
    'gateway',
    'a streamed answer’s first byte through the gateway',
    'ms more than direct',
  ),
  about('gateway-late-*', 'gateway', '100 streams of 100 events a second: events that took over 50 ms', 'events'),
  about('gateway-scanner-us-an-event', 'gateway', 'time to read the tokens in an event of a stream', 'µs'),
  about(
    'proxy-first-byte-*',
    'proxy-first-byte',
    'by the proxy of a task on a new connection, until the first byte of the answer: plain, tunnelled, inspected',
    'ms more than direct',
  ),
  about('proxy-next-byte-*', 'proxy-first-byte', 'the same on a connection that is open', 'ms more than direct'),
  about('proxy-load-p99-*', 'proxy-load', 'time of a request in this load', 'ms, p99'),
  about(
    'proxy-load-plain-*',
    'proxy-load',
    'eight clients with a connection each ask by http',
    'requests a second, more is better',
  ),
  about(
    'proxy-load-tunnel-*',
    'proxy-load',
    'eight clients; CONNECT and TLS for each request',
    'requests a second, more is better',
  ),
  about(
    'proxy-load-inspect-new-*',
    'proxy-load',
    'eight clients; CONNECT and inspected TLS for each request',
    'requests a second, more is better',
  ),
  about(
    'proxy-load-inspect-*',
    'proxy-load',
    'eight clients with an inspected connection each',
    'requests a second, more is better',
  ),
  about('proxy-open-first-*', 'proxy-memory', 'the gateway opens its first task of this kind', 'ms'),
  about('proxy-open-*', 'proxy-memory', 'the gateway opens a further task of this kind', 'ms'),
  about('proxy-memory-before', 'proxy-memory', 'memory of a gateway that has had no proxy', 'MB'),
  about(
    'proxy-memory',
    'proxy-memory',
    'memory of the gateway with the proxies of 100 tasks, each with an inspected connection',
    'MB',
  ),
  about('history-*', 'many', 'a command with 100,000 archived tasks', 'with ten'),
  about('mounts-*', 'mounts', 'small and large files in a container, in the mount and in the layer', 'the host'),
]

const fits = (pattern: string, id: string): boolean => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(id)

/** The entry of an id. Throws where there is none: a figure that nobody explains is not kept. */
export const aboutFigure = (id: string): About => {
  const found = FIGURES.find((one) => fits(one.id, id))
  if (found === undefined) throw new Error(`bench/figures.ts has no entry for the figure ${id}`)
  return found
}
