import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentEvent } from '../../domain/event.ts'
import type { Transcript } from '../../providers/provider.ts'
import { packTar } from '../../worker/pack-tar.ts'
import { readTranscript, TRANSCRIPT_LIMITS, type TranscriptLimits } from './read-transcript.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-transcript-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const archive = () => join(home, 'session.tar')

/** Lines `NUMBER WORDS`; the number is a time. */
const transcript: Transcript = {
  isPart: (path) => path.endsWith('.said'),
  reader: (since) => {
    let at = 0
    return {
      line: (line) => {
        const [, time = '', text = ''] = /^(\d+) (.*)$/.exec(line) ?? []
        if (time === '' || Number(time) < since) return []
        at = Number(time)
        return text.startsWith('$')
          ? [
              { type: 'agent.tool.start', id: text, name: 'shell', input: '' },
              { type: 'agent.tool.end', id: text, name: 'shell', ok: true, output: '' },
            ]
          : [{ type: 'agent.message', text }]
      },
      end: () => (at === 0 ? null : { session: `s-${at}`, at, events: [{ type: 'agent.notice', text: 'over' }] }),
    }
  },
}

const pack = async (files: Readonly<Record<string, string | Buffer>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, 'home', path)), { recursive: true })
    writeFileSync(join(home, 'home', path), text)
  }
  await packTar(join(home, 'home'), ['.cli'], { to: archive(), maxBytes: 2 ** 30 })
}

const read = (limits: Partial<TranscriptLimits> = {}, since = 10) =>
  readTranscript({
    archive: archive(),
    transcript,
    since,
    redact: (text) => text.replaceAll('sk-secret', '***'),
    limits: { ...TRANSCRIPT_LIMITS, ...limits },
  })
const words = (events: readonly AgentEvent[]) =>
  events.map((event) => ('text' in event ? event.text : 'session' in event ? event.session : event.type))

test('the entries of this turn, of the files that tell them; the session that was used last comes last', async () => {
  await pack({
    '.cli/a.said': '9 old\n30 the later session\n',
    '.cli/b.said': '11 first\n12 the key is sk-secret\n',
    '.cli/old.said': '5 long ago\n',
    '.cli/c.log': '20 no part\n',
  })
  expect(words(await read())).toEqual(['s-12', 'first', 'the key is ***', 'over', 's-30', 'the later session', 'over'])
})

test('of a long file the end is read, and many events are counted', async () => {
  await pack({ '.cli/a.said': `${'11 begin\n'.repeat(1000)}12 the end\n` })
  expect(words(await read({ fileBytes: 20 }))).toEqual(['s-12', 'begin', 'the end', 'over'])
  expect(words(await read({ events: 2 }))).toEqual(['s-12', 'begin', 'begin', 'the transcript leaves out 999 events'])
  expect(words(await read({ eventBytes: 100 }))).toHaveLength(4)
})

test('a call whose end is left out has one all the same', async () => {
  await pack({ '.cli/a.said': '11 $ls\n12 more\n' })
  expect((await read({ events: 1 })).map(({ type }) => type)).toEqual([
    'agent.session',
    'agent.tool.start',
    'agent.tool.end',
    'agent.notice',
  ])
})

test('a line without an end, zeros and noise harm nobody', async () => {
  await pack({ '.cli/a.said': Buffer.alloc(5 * 1024 * 1024, 'x'), '.cli/b.said': Buffer.alloc(3 * 1024 * 1024) })
  expect(await read()).toEqual([])
})

test('more files than one turn has are left alone', async () => {
  await pack(Object.fromEntries([11, 12, 13, 14].map((time) => [`.cli/${time}.said`, `${time} words\n`])))
  expect(words(await read({ files: 2 }))).toEqual(['s-11', 'words', 'over', 's-12', 'words', 'over'])
})

test('an archive that is cut off, or none, throws', async () => {
  await pack({ '.cli/a.said': '11 first\n'.repeat(200) })
  truncateSync(archive(), statSync(archive()).size - 2000)
  await expect(read()).rejects.toThrow('the archive')
  writeFileSync(archive(), 'no archive at all')
  await expect(read()).rejects.toThrow()
})
