import type { Provider } from './provider.ts'

const SCRIPT = `set -e
if [ -n "$1" ]; then mkdir -p "$(dirname -- "$1")"; echo noop >> "$1"; fi
sleep "$6"
i=0
while [ "$i" -lt "$7" ]; do i=$((i + 1)); echo "line $i"; sleep 0.02; done
if [ -n "$8" ]; then echo waiting; until [ -e "$8" ]; do sleep 0.05; done; fi
if [ -n "$2" ]; then "$3/node" -e 'fetch(process.argv[1]).then((r) => r.text()).then(console.log)' "$4/noop"; fi
if [ -n "$9" ]; then eval "$9"; fi
exit "$5"`

/**
 * The built-in test agent: takes the whole path and does nothing, for benchmarks and tests. Options: `commit=FILE`
 * adds a line to a file, `sleep=SECONDS` waits, `lines=N` says as many lines, `wait=FILE` waits until that file is there,
 * `request=1` asks the model's address for /noop, `shell=COMMAND` runs it, `exit=N` ends so. On a terminal it is a shell.
 */
export const noop: Provider = {
  id: 'noop',
  title: 'No agent (for tests and benchmarks)',
  hidden: true,
  binary: null,
  tested: null,
  key: null,
  api: { defaultBaseUrl: 'http://127.0.0.1:9/v1', emptyPath: '', header: 'authorization-bearer' },
  sessionPaths: [],
  supports: { resume: false, model: false, usage: false },
  command: ({ options, paths, baseUrl }) => {
    const asked = Object.keys(options).length > 0
    const { commit = '', request = '', exit = '0', sleep = '0', lines = '0', wait = '', shell = '' } = options
    return {
      argv: asked
        ? ['/bin/sh', '-c', SCRIPT, 'noop', commit, request, paths.bin, baseUrl, exit, sleep, lines, wait, shell]
        : ['/bin/true'],
      env: {},
      files: [],
      stdin: null,
      end: null,
      interrupt: { signal: 'SIGINT', graceMs: 1000 },
      termGraceMs: 1000,
    }
  },
  interactive: ({ options: { exit = '0', shell = '' } }) => ({
    argv: shell === '' ? ['/bin/sh'] : ['/bin/sh', '-c', 'eval "$1"; exit "$2"', 'noop', shell, exit],
    env: {},
    files: [],
    promptAt: null,
    interrupt: { signal: 'SIGTERM', graceMs: 1000 },
    termGraceMs: 1000,
  }),
  parser: () => ({
    line: (text) => (text.trim() === '' ? [] : [{ type: 'agent.output', stream: 'stdout', text }]),
    errorLine: (text) => (text.trim() === '' ? [] : [{ type: 'agent.output', stream: 'stderr', text }]),
    end: ({ code, signal, interrupted }) => {
      if (code === 0)
        return { verdict: { ok: true, class: 'ok', reason: 'the command ended with exit code 0' }, events: [] }
      const how = signal === null ? `exit code ${code}` : signal
      const kind = interrupted ? 'interrupted' : 'agent'
      return { verdict: { ok: false, class: kind, reason: `the command ended with ${how}` }, events: [] }
    },
  }),
}
