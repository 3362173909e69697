import { expect, test } from 'vitest'
import { frameReader } from '../../src/app/container/frame-reader.ts'
import { frameParser } from '../../src/app/turn/frame-parser.ts'
import { joinOutput } from '../../src/app/turn/join-output.ts'
import { decodeFrame } from '../../src/domain/decode-frame.ts'
import { eventOf } from '../../src/domain/event-line.ts'
import { errorText } from '../../src/egress/error-text.ts'
import { describeAnswer } from '../../src/egress/judge-answer.ts'
import { pathBelow } from '../../src/egress/path-below.ts'
import { usageScanner } from '../../src/egress/usage-scanner.ts'
import { endMatcher } from '../../src/inside/end-matcher.ts'
import { gitWords } from '../../src/inside/git-runner.ts'
import { claude } from '../../src/providers/claude.ts'
import { claudeErrorClass, claudeMessage } from '../../src/providers/claude-error.ts'
import { codex } from '../../src/providers/codex.ts'
import { codexErrorClass, codexMessage } from '../../src/providers/codex-error.ts'
import { wordsClass } from '../../src/providers/command-events.ts'
import { gemini } from '../../src/providers/gemini.ts'
import { geminiErrorClass, geminiMessage } from '../../src/providers/gemini-error.ts'
import { noop } from '../../src/providers/noop.ts'
import { opencode } from '../../src/providers/opencode.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { displayWidth } from '../../src/std/display-width.ts'
import { lineSplitter } from '../../src/std/lines.ts'
import { maskKeys } from '../../src/std/mask-keys.ts'
import { isDeeplyNested } from '../../src/std/nesting.ts'
import { redactor } from '../../src/std/redact.ts'
import { unwrapShell } from '../../src/std/shell-words.ts'
import { terminalLine, terminalSafe } from '../../src/std/terminal-safe.ts'
import { terminalVisible } from '../../src/std/terminal-visible.ts'
import { plain } from '../../src/views/style.ts'
import { toolOutput } from '../../src/views/tool-output.ts'
import { transcript } from '../../src/views/transcript.ts'
import { remoteUrl } from '../../src/worker/config-lines.ts'
import { namedRepository } from '../../src/worker/git-file.ts'

type Reader = (text: string) => unknown

const MEGABYTE = 1_000_000
/** Linear is 10, quadratic 100. */
const MOST = 45
/** Less work than this on a tenth is not told from none, ms of CPU: a hundred times it is still no harm. */
const FAINT = 8

const parserLines = (provider: Provider): Reader => {
  const parser = provider.parser({ previousThread: null, resume: null })
  return (text) => [parser.line(text), parser.errorLine(text)]
}
const event = (fields: object): Reader => {
  const read = transcript({ style: plain })
  return (text) =>
    read(
      eventOf(
        '',
        JSON.stringify({ v: 1, seq: 1, at: '2026-01-01T00:00:00.000Z', turn: 1, ...fields, text, output: text }),
      ),
    )
}
const frames: Reader = (text) => {
  const parser = noop.parser({ previousThread: null, resume: null })
  const parsing = frameParser({ turn: 1, parser, journaled: null, keepAlive: false, redact: (all) => all, further: [] })
  const reader = frameReader(0)
  const said = [...reader.push(Buffer.from(text))]
  return joinOutput(
    said.flatMap((one) => (one.kind === 'frame' ? parsing.frame(one.frame) : [])),
    true,
  )
}
const bytes =
  (read: (chunk: Buffer) => unknown): Reader =>
  (text) =>
    read(Buffer.from(text))

/** Everything that reads what an agent, or who it talks to, has written. A new reader is a row. */
const READERS: readonly (readonly [string, Reader])[] = [
  ['terminalSafe', terminalSafe],
  ['terminalLine', terminalLine],
  ['terminalVisible', terminalVisible],
  ['displayWidth', displayWidth],
  ['maskKeys', maskKeys],
  ['redactor', redactor(['secret-of-mine', 'another secret'])],
  ['lineSplitter', bytes((chunk) => lineSplitter(2 * MEGABYTE).push(chunk))],
  ['endMatcher', bytes((chunk) => endMatcher({ field: 'type', values: ['end'], graceMs: 0 })(chunk))],
  ['decodeFrame', decodeFrame],
  ['frames', frames],
  ['codex', parserLines(codex)],
  ['claude', parserLines(claude)],
  ['gemini', parserLines(gemini)],
  ['opencode', parserLines(opencode)],
  ['noop', parserLines(noop)],
  ['codexErrorClass', codexErrorClass],
  ['codexMessage', codexMessage],
  ['claudeErrorClass', claudeErrorClass],
  ['claudeMessage', claudeMessage],
  ['geminiErrorClass', (text) => geminiErrorClass(text)],
  ['geminiMessage', geminiMessage],
  ['wordsClass', wordsClass],
  ['unwrapShell', (text) => unwrapShell(`/bin/bash -lc ${text}`)],
  ['toolOutput', toolOutput],
  ['a message', event({ type: 'agent.message' })],
  ['a tool', event({ type: 'agent.tool.end', id: '1', name: 'shell', ok: true })],
  ['an output', event({ type: 'agent.output', stream: 'stderr' })],
  ['errorText', errorText],
  [
    'describeAnswer',
    (body) => describeAnswer({ method: 'POST', path: '/', upstream: 'u', status: 500, headers: {}, body }),
  ],
  ['remoteUrl', (text) => remoteUrl(`[remote "o"]\n${text}`)],
  ['namedRepository', (text) => namedRepository(`gitdir: ${text}`)],
  ['gitWords', (stderr) => gitWords({ code: 1, stdout: '', stderr })],
  ['pathBelow', (text) => pathBelow('/v1', `/v1/${text}`)],
  ['isDeeplyNested', isDeeplyNested],
  ['usageScanner', bytes((chunk) => usageScanner(true, { usage: () => {}, model: () => {} })(chunk))],
]

/** What makes patterns look again at what they have looked at. */
const WORST: readonly string[] = [
  '\u001b]',
  '\u001b[0',
  '\u001b',
  '\u009d',
  '\u001b]0;x\n',
  '\n',
  '\r',
  ' ',
  'a',
  'a-',
  'a.',
  '//a',
  'eyJ',
  '{"a":',
  '[',
  '"',
  "'",
  '\\',
  'model ',
  ', url: ',
  'level=ERROR message="',
  '[API Error: ',
  'Attempt 1 failed ',
  '429 ',
  '{"v":1,"n":1,',
  'data: {"usage":{',
  'data: {"model":"',
]

const cpuOf = (read: Reader, text: string): number => {
  const before = process.cpuUsage()
  read(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

test.each(READERS)(
  '%s reads a megabyte of its worst with ten times the work of a tenth',
  (_, read) => {
    for (const unit of WORST)
      for (const end of ['', 'x']) {
        const text = (size: number) => unit.repeat(Math.ceil(size / unit.length)) + end
        const least = (size: number, times: number) =>
          Math.min(...Array.from({ length: times }, () => cpuOf(read, text(size))))
        // What is quick on a tenth would be quick on all of it, were it quadratic.
        if (least(MEGABYTE / 10, 1) < FAINT) continue
        const small = least(MEGABYTE / 10, 3)
        if (small < FAINT) continue
        const large = least(MEGABYTE, 2)
        expect(large / small, `${JSON.stringify(unit)} then ${JSON.stringify(end)}`).toBeLessThan(MOST)
      }
  },
  300_000,
)
