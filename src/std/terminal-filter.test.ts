// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { terminalFilter } from './terminal-filter.ts'
import { TERMINAL_SEQUENCES } from './terminal-sequences.ts'

const filtered = (text: string | Uint8Array, options = {}): string =>
  terminalFilter(options).pass(typeof text === 'string' ? Buffer.from(text) : text)

const inPieces = (data: Uint8Array, lengths: readonly number[]): string => {
  const filter = terminalFilter()
  let out = ''
  let at = 0
  for (const length of lengths) {
    out += filter.pass(data.subarray(at, at + length))
    at += length
  }
  return out + filter.pass(data.subarray(at))
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
/** Of this process, without what nobody holds. */
const heldBytes = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const samples = TERMINAL_SEQUENCES.flatMap((row) => row.samples.map((sample) => [sample, row.passes?.kind] as const))

describe('the table', () => {
  it.each(samples.filter(([, kind]) => kind !== undefined && kind !== 'reset'))('lets %j pass as it is', (sample) => {
    expect(filtered(`a${sample}b`)).toBe(`a${sample}b`)
  })

  it.each(samples.filter(([, kind]) => kind === undefined))('drops %j whole', (sample) => {
    expect(filtered(`a${sample}b`)).toBe('ab')
  })

  it('undoes in place of a reset what the program has set', () => {
    expect(filtered('\u001b[?25l\u001b[1mx\u001b[!py')).toBe('\u001b[?25l\u001b[1mx\u001b[?25h\u001b[0my')
    expect(filtered('\u001b[?1049h\u001bcz')).toBe('\u001b[?1049h\u001b[?1049l\u001b[H\u001b[2Jz')
  })
})

describe('a sequence', () => {
  it.each([
    ['with modes of which some pass', '\u001b[?12;25h', '\u001b[?25h'],
    [
      'with absurd numbers',
      '\u001b[2147483647b\u001b[00012C\u001b[99999999999999999999999C',
      '\u001b[9999b\u001b[12C\u001b[9999C',
    ],
    ['with a control in its middle', '\u001b[3\n1m', '\n\u001b[31m'],
    ['that another one interrupts', '\u001b[3\u001b[1mx', '\u001b[1mx'],
    ['that is aborted', '\u001b[3\u0018mx', 'mx'],
    ['with a character that none has', '\u001b[3é1m', '1m'],
    ['of eight bits in UTF-8', '\u009b1mx\u0084\u009d0;title\u009cy', '\u001b[1mx\u001bDy'],
    ['with marks in the wrong place', '\u001b[1?25hx\u001b[1 2qy', 'xy'],
    ['in a command', '\u001b]0;a\u001b[1mb', '\u001b[1mb'],
    ['that ends a command', '\u001b]0;a\u001b\\b', 'b'],
    ['that BEL does not end', '\u001bPa\u0007b\u001b\\c', 'c'],
    ['of an unknown form', '\u001b[ -pz', 'z'],
  ])('%s', (_, given, passes) => expect(filtered(given)).toBe(passes))

  it('of eight bits that is no UTF-8 is not obeyed', () => {
    expect(filtered(Uint8Array.from([0x61, 0x9b, 0x33, 0x31, 0x6d, 0xff, 0x62]))).toBe('a\ufffd31m\ufffdb')
  })

  it('that never ends holds no memory', () => {
    const filter = terminalFilter()
    const piece = Buffer.alloc(1024 * 1024, '1')
    const before = heldBytes()
    for (const begin of ['\u001b]52;c;', '\u001bP', '\u001b[', '\u001b(']) {
      filter.pass(Buffer.from(begin))
      for (let sent = 0; sent < 12; sent += 1) expect(filter.pass(piece).length).toBeLessThan(2 * 1024 * 1024)
      expect(heldBytes() - before).toBeLessThan(4 * 1024 * 1024)
    }
  })
})

it('drops what makes a terminal send more than is typed, for somebody who types nothing', () => {
  const asked = '\u001b[?1000;1006;2004;25h\u001b[?1004hx\u001b[?1h'
  expect(filtered(asked, { input: false })).toBe('\u001b[?25hx')
})

describe('the end', () => {
  const undone = (text: string) => {
    const filter = terminalFilter()
    filter.pass(Buffer.from(text))
    return filter.undo()
  }

  it.each([
    ['nothing', 'plain\r\n', ''],
    ['what was put back', '\u001b[1mx\u001b[0m\u001b[?25l\u001b[?25h\u001b[?1049h\u001b[?1049l\u001b[2;5r\u001b[r', ''],
    ['modes', '\u001b[?1;1000;1006h\u001b[?7l', '\u001b[?1l\u001b[?1000l\u001b[?1006l\u001b[?7h'],
    ['colours', '\u001b[1;31m', '\u001b[0m'],
    ['the region that scrolls', '\u001b[2;5r', '\u001b7\u001b[r\u001b8'],
    ['characters', '\u001b(0\u001b)0\u000e', '\u001b(B\u001b)B\u000f'],
    ['the keypad, the cursor, inserting', '\u001b=\u001b[2 q\u001b[4h', '\u001b>\u001b[0 q\u001b[4l'],
    ['the alternate screen, last', '\u001b[?1049h\u001b[?25l\u001b[1m', '\u001b[?25h\u001b[0m\u001b[?1049l'],
  ])('undoes %s', (_, text, undo) => expect(undone(text)).toBe(undo))
})

/** Pieces of which hostile and broken output is made. */
const piece = fc.oneof(
  fc.constantFrom(...samples.map(([sample]) => sample)),
  fc.constantFrom(
    '\u001b',
    '\u001b[',
    '\u001b]',
    '\u001bP',
    '\u009b',
    '\u009c',
    '\u0090',
    '\u0007',
    '\u001b\\',
    '\u0018',
    '?',
    ';',
    '>',
    '$',
    'k',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc
    .tuple(
      fc.constantFrom('', '?', '>', '=', '<'),
      fc.stringMatching(/^[\d;: !"#$%&'*+,\-./]{0,6}$/),
      fc.stringMatching(/^[@-~]$/),
    )
    .map(([marker, middle, end]) => `\u001b[${marker}${middle}${end}`),
)
const output = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)

const PASSES =
  /^(?:[^\x00-\x1f\x7f-\x9f]|[\x07-\x0f]|\x1b[78DEM=>]|\x1b[()][0AB]|\x1b\[[\d;:]*m|\x1b\[[\d;]*[A-MPSTXZ`abdefrhlsu@]|\x1b\[\d? q|\x1b\[\?[\d;]+[hl])*$/u

/** What passes as it is. To repeat a character behind a sequence that was dropped means nothing. */
const seen = samples.flatMap(([one, kind]) =>
  kind === undefined || kind === 'reset' || one.endsWith('b') ? [] : [one],
)
/** Sequences that the filter drops and no screen shows. */
const unseen = TERMINAL_SEQUENCES.filter(
  ({ written, passes }) => passes === null && /OSC|DCS|ENQ/.test(written),
).flatMap((row) => row.samples)
const write = (terminal: Terminal, data: string | Uint8Array) =>
  new Promise<void>((resolve) => terminal.write(data, resolve))
const screenOf = async (data: string | Uint8Array) => {
  const terminal = new Terminal({ cols: 40, rows: 10, allowProposedApi: true })
  await write(terminal, data)
  const { buffer, modes } = terminal
  const { active } = buffer
  const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString())
  terminal.dispose()
  return { lines, modes, type: active.type, cursor: [active.cursorX, active.cursorY] }
}

describe('whatever a program writes', () => {
  it('only the grammar passes', () => {
    fc.assert(
      fc.property(output, (data) => {
        expect(filtered(data)).toMatch(PASSES)
      }),
      { numRuns: 2000 },
    )
  })

  it('passes the same in any pieces', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(9)), (data, lengths) => {
        expect(inPieces(data, lengths)).toBe(filtered(data))
      }),
      { numRuns: 2000 },
    )
  })

  it('passes the filter again as it is', () => {
    fc.assert(
      fc.property(output, (data) => {
        const once = filtered(data)
        expect(filtered(once)).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  it("makes a user's terminal answer nothing, and changes neither title nor more than can be undone", async () => {
    const heard: string[] = []
    const terminal = new Terminal({ cols: 40, rows: 10, allowProposedApi: true, windowOptions: {} })
    terminal.onData((data) => heard.push(data))
    terminal.onBinary((data) => heard.push(data))
    terminal.onTitleChange((title) => heard.push(title))
    terminal.onResize(() => heard.push('size'))
    for (const code of [0, 1, 2, 4, 8, 9, 10, 11, 12, 52, 104, 133, 777, 1337])
      terminal.parser.registerOscHandler(code, (data) => heard.push(`${code};${data}`) > 0)
    const filter = terminalFilter()
    const fresh = JSON.stringify(terminal.modes)
    await fc.assert(
      fc.asyncProperty(output, async (data) => {
        await write(terminal, filter.pass(data))
        expect(heard).toEqual([])
        await write(terminal, filter.undo())
        expect(JSON.stringify(terminal.modes)).toBe(fresh)
        expect(terminal.buffer.active.type).toBe('normal')
      }),
      { numRuns: 500 },
    )
  })

  it('draws the cells that the program drew', async () => {
    const drawn = fc.array(fc.oneof(fc.constantFrom(...seen), fc.constantFrom(...unseen)), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(drawn, async (pieces) => {
        const raw = Buffer.from(pieces.join(''))
        expect(await screenOf(terminalFilter().pass(raw))).toEqual(await screenOf(raw))
      }),
      { numRuns: 200 },
    )
  })
})
