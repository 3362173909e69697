import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { lineStream } from '../../src/client/line-stream.ts'
import type { EventBody } from '../../src/domain/event.ts'
import { sendEvents } from '../../src/server/send-events.ts'
import { openJournal } from '../../src/store/journal.ts'

const says = (text: string): EventBody => ({ turn: 1, type: 'agent.output', stream: 'stdout', text })
const batch = (round: number) => Array.from({ length: 400 }, (_, i) => says(`${round} ${i} ${'é'.repeat(i)}`))

test('readers of any pace get a journal that grows meanwhile to its last byte, each line once and as it was written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-readers-'))
  const path = join(folder, 'events.jsonl')
  const journal = openJournal(path)
  for (let round = 0; round < 40; round += 1) journal.append(batch(round))
  const source = async function* (signal: AbortSignal) {
    for await (const { bytes } of journal.follow(0, {}, signal)) yield bytes
  }
  const server = createServer((_, to) => void sendEvents({ events: source, format: 'lines', to }))
  const socketPath = join(folder, 's')
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const closed = Promise.withResolvers<void>()
  const read = async (pause: () => Promise<unknown> | undefined): Promise<Buffer> => {
    const stream = await lineStream({ socketPath, path: '/', headers: {}, signal: undefined })
    const parts: Buffer[] = []
    for await (const lines of stream.lines) {
      await pause()
      parts.push(Buffer.from(lines))
    }
    return Buffer.concat(parts)
  }
  const reading = [() => undefined, () => undefined, () => sleep(1), () => sleep(5), () => closed.promise].map(read)
  for (let round = 40; round < 80; round += 1) {
    journal.append(batch(round))
    await sleep(2)
  }
  journal.close()
  closed.resolve()
  const written = readFileSync(path)
  expect(written.length).toBeGreaterThan(15_000_000)
  for (const got of await Promise.all(reading)) expect(got.equals(written)).toBe(true)
}, 60_000)
