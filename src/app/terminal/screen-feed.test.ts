import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { encodeFrame, type Frame, type FrameBody, PROTOCOL } from '../../domain/worker-protocol.ts'
import { type RecordedFrame, recordedFrame } from './ahead.ts'
import { savedScreen } from './saved-screen.ts'
import { openScreen } from './screen.ts'
import { type FeedListener, screenFeed } from './screen-feed.ts'

const SIZE = { columns: 20, rows: 6 }

const framesOf = (...bodies: readonly FrameBody[]): readonly RecordedFrame[] =>
  bodies.map((body, at) => {
    const frame: Frame = { v: PROTOCOL, n: at + 1, t: Date.now(), ...body }
    const line = encodeFrame(frame)
    return recordedFrame(frame, line, line)
  })

const out = (bytes: Buffer | string): FrameBody => ({
  k: 'out',
  s: 't',
  b: Buffer.from(bytes as string).toString('base64'),
})

const idle = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

const bench = () => {
  const folder = temporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const raw = folder.at('raw/1-1.jsonl')
  const files = savedScreen(folder.at('screen/1-1'))
  mkdirSync(dirname(raw))
  writeFileSync(raw, '')
  /** A supervisor that follows the turn. */
  const supervisor = (listener: Partial<FeedListener> = {}, log: (line: object) => void = () => {}) => {
    const answers: string[] = []
    const ready = Promise.withResolvers<void>()
    const over = new AbortController()
    const feed = screenFeed({
      size: SIZE,
      before: 0,
      raw,
      files,
      listener: {
        bytes: () => {},
        resized: () => {},
        ready: ready.resolve,
        answer: (text) => answers.push(text),
        ended: () => {},
        ...listener,
      },
      log,
      signal: over.signal,
    })
    const lines = readFileSync(raw, 'utf8').split('\n').length - 1
    feed.begin(lines, readFileSync(raw).length)
    onTestFinished(() => feed.close())
    return {
      feed,
      answers,
      ready: ready.promise,
      log: (frames: readonly RecordedFrame[]) => {
        appendFileSync(raw, frames.map(({ line }) => `${line}\n`).join(''))
        feed.recorded(frames)
      },
      kill: () => {
        over.abort()
        feed.close()
      },
    }
  }
  return { supervisor, files, raw }
}

/** The screen that was fed with all of it at once. */
const whole = (frames: readonly RecordedFrame[]): string => {
  const screen = openScreen(SIZE, () => {})
  for (const { frame } of frames) {
    if (frame?.k === 'size') screen.resize(frame)
    if (frame?.k === 'out') screen.write(Buffer.from('b' in frame ? frame.b : '', 'base64'))
  }
  return screen.snapshot(true).toString('latin1')
}

const shown = ({ feed }: { readonly feed: ReturnType<typeof screenFeed> }) =>
  feed.screen?.snapshot(true).toString('latin1')

const text = fc.constantFrom(
  'a',
  'Zz ',
  '漢字',
  '🙂',
  '\r\n',
  '\n',
  '\x1b[31m',
  '\x1b[2J',
  '\x1b[3;5H',
  '\x1b[?1049h',
  '\x1b[?1049l',
  '\x1b[2;4r',
  '\x1b7',
  '\x1b8',
  '\x1b]0;title\x07',
  '\x1b[4:3m',
  '\x1b(0q\x1b(B',
  '\x1b[?25l',
  '\x1b[K',
)

/** A program's output, cut anywhere into frames, with sizes in between. */
const frames = fc
  .tuple(
    fc.array(text, { minLength: 1, maxLength: 60 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    fc.array(fc.nat(40), { maxLength: 3 }),
  )
  .map(([all, cuts, sizes]) => {
    const bytes = Buffer.from(all.join(''))
    const at = [...new Set(cuts.map((cut) => cut % bytes.length))].toSorted((a, b) => a - b)
    const pieces = [0, ...at].map((from, i) => bytes.subarray(from, at[i]))
    const bodies = pieces.map(out)
    for (const size of sizes)
      bodies.splice(size % bodies.length, 0, { k: 'size', columns: 5 + size, rows: 3 + (size % 7) })
    return framesOf(...bodies)
  })

test('any mixture of log and faster way gives the same screen, also over a supervisor that is killed', async () => {
  const how = fc.record({
    frames,
    ahead: fc.array(fc.nat(6), { maxLength: 30 }),
    drop: fc.array(fc.boolean(), { maxLength: 30 }),
    kill: fc.nat(60),
  })
  await fc.assert(
    fc.asyncProperty(how, async ({ frames, ahead, drop, kill }) => {
      const { supervisor } = bench()
      let now = supervisor()
      let early = 0
      for (const [at, frame] of frames.entries()) {
        if (at === kill) {
          now.kill()
          now = supervisor()
          early = at
        }
        if (at % 3 === 1) await now.ready
        const until = Math.max(early, Math.min(at + (ahead[at] ?? 0), frames.length))
        now.feed.early(frames.slice(early, until).filter(({ n }) => drop[n] !== true))
        early = until
        now.log([frame])
      }
      await now.ready
      expect(shown(now)).toBe(whole(frames))
      now.kill()
    }),
    { numRuns: 150 },
  )
})

test('a long log is not read again from its start', async () => {
  const { supervisor, files } = bench()
  const first = supervisor()
  await first.ready
  const bodies = Array.from({ length: 2500 }, (_, at) => out(`${at} ${'x'.repeat(3000)}\r\n`))
  const all = framesOf({ k: 'size', columns: 30, rows: 10 }, ...bodies)
  for (let at = 0; at < all.length; at += 100) first.log(all.slice(at, at + 100))
  while (files.checkpoint() === undefined) await idle()
  first.kill()
  expect(files.checkpoint()!.n).toBeGreaterThan(1000)
  const next = supervisor()
  await next.ready
  expect(shown(next)).toBe(whole(all))
})

test('a damaged checkpoint is left aside', async () => {
  const { supervisor, files, raw } = bench()
  const all = framesOf(out('one'), out(' two'))
  writeFileSync(raw, all.map(({ line }) => `${line}\n`).join(''))
  mkdirSync(dirname(raw.replace('raw', 'screen')), { recursive: true })
  writeFileSync(raw.replace('raw', 'screen').replace('.jsonl', '.json'), '{"n":1,"offs')
  expect(files.checkpoint()).toBeUndefined()
  const next = supervisor()
  await next.ready
  expect(shown(next)).toBe(whole(all))
})

const QUERIES = '\x1b[5n\x1b[6n\x1b[c\x1b[>c\x1b[?2004$p'
const ANSWERS = '\x1b[0n\x1b[1;1R\x1b[?1;2c\x1b[>0;276;0c\x1b[?2004;2$y'

test('the program is answered once, by whichever way its query comes', async () => {
  const { supervisor } = bench()
  const first = supervisor()
  await first.ready
  const all = framesOf(out(QUERIES), out('a'), out('\x1b[6n'), out('\x1b[6n'))
  first.log(all.slice(0, 1))
  expect(first.answers).toEqual([ANSWERS])
  // The faster way, and then the log.
  first.feed.early(all.slice(1, 3))
  first.log(all.slice(1, 2))
  expect(first.answers).toEqual([ANSWERS, '\x1b[1;2R'])
  first.kill()
  // The next supervisor reads the rest from the log, and the last one is new to it.
  const next = supervisor()
  await next.ready
  next.log(all.slice(2, 4))
  expect(next.answers).toEqual(['\x1b[1;2R'])
  expect(first.answers).toEqual([ANSWERS, '\x1b[1;2R'])
})

test('a query that comes while the screen is made is answered', async () => {
  const { supervisor } = bench()
  const first = supervisor()
  first.log(framesOf(out('\x1b[6n')))
  await first.ready
  expect(first.answers).toEqual(['\x1b[1;1R'])
})

test('nobody waits for the answer to an old query', async () => {
  const { supervisor } = bench()
  const first = supervisor()
  await first.ready
  const [{ frame } = { frame: undefined }] = framesOf(out('\x1b[6n'))
  const old = { ...frame!, t: Date.now() - 60_000 }
  first.log([recordedFrame(old, encodeFrame(old), encodeFrame(old))])
  expect(first.answers).toEqual([])
})

test('if the log has another line than the faster way had, the screen is that of the log', async () => {
  const { supervisor } = bench()
  const first = supervisor()
  await first.ready
  const forged = framesOf(out('forged'), out(' more'))
  const all = framesOf(out('true'), out(' words'))
  first.feed.early(forged)
  for (const frame of all) first.log([frame])
  await expect.poll(() => shown(first)).toBe(whole(all))
})

test('what the faster way brings beyond its bounds is left to the log', async () => {
  const { supervisor } = bench()
  const first = supervisor()
  await first.ready
  const all = framesOf(...Array.from({ length: 1000 }, () => out('y'.repeat(5000))))
  first.feed.early(all.slice(1))
  for (const frame of all) first.log([frame])
  await idle()
  expect(shown(first)).toBe(whole(all))
})

test('output that is slow to draw leaves others their turns, and nothing of it is lost', async () => {
  const { supervisor } = bench()
  let drawn = 0
  const { feed, ready, log } = supervisor({
    bytes: () => {
      drawn += 1
    },
  })
  await ready
  const slow = '\x1b[6S'.repeat(500)
  const frames = framesOf(...Array.from({ length: 200 }, (_, at) => out(`${slow}\x1b[H${at}`)))
  log(frames)
  expect(drawn).toBeLessThan(frames.length)
  log(framesOf(...frames.map(() => out('')), out(' end')).slice(-1))
  while (drawn <= frames.length) await idle()
  expect(feed.screen?.part(SIZE).rows[0]).toBe('199 end')
})

test('the faster way gives the screen no size', async () => {
  const { supervisor } = bench()
  const { feed, ready, log } = supervisor()
  await ready
  const frames = framesOf(out('a'), { k: 'size', columns: 1000, rows: 1000 }, out('b'))
  feed.early(frames)
  expect(feed.screen?.size).toEqual(SIZE)
  expect(feed.screen?.part(SIZE).rows[0]).toBe('a')
  log(frames)
  expect(feed.screen?.size).toEqual({ columns: 1000, rows: 1000 })
  expect(feed.screen?.part(SIZE).rows[0]).toBe('ab')
})
