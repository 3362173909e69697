import type { Attack } from './attack.ts'

/** Writes lines of its own to the worker's output while that is stopped; every number near the next is tried. */
const FORGE = `
import json, os, signal, time
def worker():
    for p in os.listdir('/proc'):
        if p.isdigit():
            try: c = open(f'/proc/{p}/cmdline').read()
            except OSError: continue
            if 'worker/main.cjs' in c and c.startswith('/opt/berth/bin/node'): return int(p)
def forge(*bodies):
    w = worker()
    os.kill(w, signal.SIGSTOP)
    f = os.open(f'/proc/{w}/fd/1', os.O_WRONLY)
    for n in range(3, 150):
        for b in bodies:
            line = (json.dumps({'v': 1, 'n': n, 't': int(time.time() * 1000), **b}) + '\\n').encode()
            while line: line = line[os.write(f, line):]
    time.sleep(0.3)
    os.kill(w, signal.SIGCONT)
    print('forged')
`

const WORK = `{'k': 'work', 'head': None, 'base': '', 'branch': '', 'branches': [], 'uncommitted': [], 'committed': False, 'bundle': None`
const END = `{'k': 'agent-end', 'code': 0, 'signal': None, 'end': 'exit', 'left': 0`

const forged = (name: string, body: string): Attack => ({
  name,
  python: `${FORGE}\nforge(${body})`,
  prints: /^forged$/m,
  events: ['untrusted'],
})

/** Frames in their place whose fields are not what a worker writes: each is nobody's word, and breaks no reader. */
export const frameAttacks: readonly Attack[] = [
  forged('a problem that is a number', `${WORK}, 'problem': 5}`),
  forged('a phase out of the prototype', `{'k': 'phase', 'phase': '__proto__'}`),
  forged('dropped bytes that are an object', `{'k': 'dropped', 'bytes': {}}`),
  forged('output without its data', `{'k': 'out', 's': 'o'}`),
  forged('out of memory, maybe', `${END}, 'oom': 'maybe'}`),
  forged('a time that no date can hold', `{'k': 'end', 't': -1e300}`),
  forged('a kind out of the prototype', `{'k': 'constructor'}`),
]
