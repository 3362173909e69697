import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../src/domain/event.ts'
import type { AgentExit, InteractiveCommand, Parser, Provider, Transcript } from '../../src/providers/provider.ts'
import { commandInput } from './command-input.ts'

/** Flags and settings that take an agent's own guards away, of every CLI we know. */
const PERMISSIVE =
  /dangerous|yolo|skip-permissions|skip-trust|bypass|permission\\*":\\*"allow|danger-full-access|--auto\b/
const EXITS: readonly AgentExit[] = [
  { code: 0, signal: null, interrupted: false },
  { code: 1, signal: null, interrupted: false },
  { code: 1, signal: null, interrupted: true },
  { code: null, signal: 'SIGKILL', interrupted: false },
  { code: null, signal: null, interrupted: false },
]

/** Every tool call that begins ends once, and none ends that did not begin. */
const expectPaired = (events: readonly AgentEvent[]) => {
  const open = new Set<string>()
  for (const event of events) {
    if (event.type === 'agent.tool.start') {
      expect(open.has(event.id)).toBe(false)
      open.add(event.id)
    }
    if (event.type === 'agent.tool.end') expect(open.delete(event.id)).toBe(true)
  }
  expect([...open]).toEqual([])
}

const run = (parser: Parser, lines: readonly string[], exit: AgentExit) => {
  const events = lines.flatMap((line) => parser.line(line))
  const end = parser.end(exit)
  return { events: [...events, ...end.events], verdict: end.verdict }
}

/** Noise, JSON of any shape, and a CLI's real output, whole, cut and with other values. */
const anyLine = (recorded: readonly string[]) => {
  const cut =
    recorded.length === 0
      ? fc.string()
      : fc.tuple(fc.constantFrom(...recorded), fc.nat()).map(([line, n]) => line.slice(0, n % (line.length + 1)))
  const own = recorded.length === 0 ? fc.string() : fc.constantFrom(...recorded)
  const shape = fc.constantFrom(...recorded, '{}').map((line) => JSON.parse(line) as Record<string, unknown>)
  const bent = fc
    .tuple(shape, fc.jsonValue())
    .chain(([object, value]) =>
      fc.constantFrom(...Object.keys(object), 'type').map((key) => JSON.stringify({ ...object, [key]: value })),
    )
  return fc.oneof(own, own, cut, bent, fc.string({ unit: 'binary' }), fc.json())
}

const commandTests = (provider: Provider) => {
  it('makes the same command from the same input, in plain JSON', () => {
    const command = provider.command(commandInput())
    expect(provider.command(commandInput())).toEqual(command)
    expect(JSON.parse(JSON.stringify(command))).toEqual(command)
  })

  it('takes the prompt by file alone and never waits on an open stdin', () => {
    const { argv, env, stdin, files } = provider.command(commandInput())
    expect([null, '/berth/exchange/prompt']).toContain(stdin)
    expect(JSON.stringify([argv, env, files])).not.toContain('/berth/exchange/prompt')
  })

  it('sets the agent free only where it is told to', () => {
    const text = (permissive: boolean) => JSON.stringify(provider.command(commandInput({ permissive })))
    expect(text(false), 'without `permissive` there is such a flag').not.toMatch(PERMISSIVE)
    if (provider.binary !== null)
      expect(text(true), 'no such flag: add that of your CLI to PERMISSIVE in this file').toMatch(PERMISSIVE)
  })

  it('takes the model, the session and further arguments where it says so', () => {
    const input = { model: 'm-1', resume: 'b9f0c1d2-0000-4000-8000-000000000001', args: ['--extra', 'a b'] }
    const { argv, env, files } = provider.command(commandInput(input))
    const all = JSON.stringify([argv, env, files])
    expect(all.includes('m-1'), 'the command has the model: supports.model').toBe(provider.supports.model)
    expect(all.includes(input.resume), 'the command has the session: supports.resume').toBe(provider.supports.resume)
    if (provider.binary !== null) expect(argv.slice(-2), '`args` come last').toEqual(input.args)
  })

  it('keeps to its own folders and gives an agent no key but the placeholder', () => {
    const { files, env, argv } = provider.command(commandInput())
    for (const file of files) expect(file.path).not.toMatch(/^\/|\.\./)
    for (const path of provider.sessionPaths) expect(path).toMatch(/^\.[^/].*[^/]$/)
    if (provider.key !== null) {
      expect(JSON.stringify([argv, env, files])).toContain('berth-placeholder-7f3a')
      expect([undefined, 'berth-placeholder-7f3a']).toContain(env[provider.key.env])
    }
    expect(argv.join(' ')).not.toContain('berth-placeholder-7f3a')
  })

  it('ends a process that hangs on, in bounded time', () => {
    const { interrupt, termGraceMs, end } = provider.command(commandInput())
    expect(interrupt.graceMs).toBeLessThanOrEqual(10_000)
    expect(termGraceMs).toBeLessThanOrEqual(10_000)
    expect(end?.graceMs ?? 0).toBeLessThanOrEqual(10_000)
  })
}

const parserTests = (provider: Provider, recorded: readonly string[]) => {
  const fresh = () => provider.parser({ previousThread: null, resume: null })

  it.each(EXITS)('has a verdict without any output: %j', (exit) => {
    const { events, verdict } = run(fresh(), [], exit)
    expect(events).toEqual([])
    expect(verdict.reason).not.toBe('')
    if (exit.code !== 0) expect(verdict.ok).toBe(false)
    if (exit.interrupted) expect(verdict.class).toBe('interrupted')
    expect(verdict.ok).toBe(verdict.class === 'ok')
  })

  it('survives any lines: noise, JSON of any shape, its own output cut and mixed', () => {
    fc.assert(
      fc.property(
        fc.array(anyLine(recorded)),
        fc.array(fc.string()),
        fc.constantFrom(...EXITS),
        (lines, errors, exit) => {
          const parser = fresh()
          for (const error of errors) parser.errorLine(error)
          const { events, verdict } = run(parser, lines, exit)
          expectPaired(events)
          expect(verdict.reason.length).toBeGreaterThan(0)
          expect(verdict.reason.length).toBeLessThan(2000)
          expect(JSON.parse(JSON.stringify(events))).toEqual(events)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('keeps what one parser saw from the next', () => {
    const exit = EXITS[0] as AgentExit
    const once = run(fresh(), recorded, exit)
    expect(run(fresh(), recorded, exit)).toEqual(once)
  })
}

const SESSION_ID = /^[\w.-]+$/

/** The words of a command line as the worker starts it, with this prompt. */
const argvWith = ({ argv, promptAt }: InteractiveCommand, prompt: string): readonly string[] =>
  argv.map((word, at) => (at === promptAt ? `${word}${prompt}` : word))

const interactiveTests = (provider: Provider, interactive: NonNullable<Provider['interactive']>) => {
  const made = (over: Parameters<typeof commandInput>[0] = {}, prompt = true) =>
    interactive({ ...commandInput(over), prompt })

  it('on a terminal: makes the same command from the same input, in plain JSON', () => {
    expect(made()).toEqual(made())
    expect(JSON.parse(JSON.stringify(made()))).toEqual(made())
  })

  it('on a terminal: has one word for a prompt where there is one, and it is the last', () => {
    const { argv, promptAt } = made()
    if (provider.binary !== null) expect(promptAt, 'the last word: `withPrompt` makes it').toBe(argv.length - 1)
    expect(made({}, false).promptAt).toBeNull()
    if (provider.binary !== null) expect(argvWith(made(), '-x y').at(-1)).toMatch(/^(?:|--?[\w-]+=)-x y$/)
    expect(JSON.stringify(made())).not.toContain('/berth/exchange/prompt')
  })

  it('on a terminal: sets the agent free only where it is told to', () => {
    const text = (permissive: boolean) => JSON.stringify(made({ permissive }))
    expect(text(false), 'without `permissive` there is such a flag').not.toMatch(PERMISSIVE)
    if (provider.binary !== null) expect(text(true), 'no such flag').toMatch(PERMISSIVE)
  })

  it('on a terminal: takes the model, the session and further arguments as without one', () => {
    const input = { model: 'm-1', resume: 'b9f0c1d2-0000-4000-8000-000000000001', args: ['--extra', 'a b'] }
    const { argv, env, files } = made(input, false)
    const all = JSON.stringify([argv, env, files])
    expect(all.includes('m-1'), 'the command has the model: supports.model').toBe(provider.supports.model)
    expect(all.includes(input.resume), 'the command has the session: supports.resume').toBe(provider.supports.resume)
    if (provider.binary !== null) expect(argv.slice(-2), '`args` come last').toEqual(input.args)
  })

  it('on a terminal: keeps to its own folders, gives no key but the placeholder, and takes no colours away', () => {
    const { files, env, argv, interrupt, termGraceMs } = made()
    for (const file of files) expect(file.path).not.toMatch(/^\/|\.\./)
    if (provider.key !== null) {
      expect(JSON.stringify([argv, env, files])).toContain('berth-placeholder-7f3a')
      expect([undefined, 'berth-placeholder-7f3a']).toContain(env[provider.key.env])
    }
    expect(argv.join(' ')).not.toContain('berth-placeholder-7f3a')
    expect(Object.keys(env).filter((name) => /^(?:NO_COLOR|TERM|COLORTERM)$/.test(name))).toEqual([])
    expect(interrupt.graceMs).toBeLessThanOrEqual(10_000)
    expect(termGraceMs).toBeLessThanOrEqual(10_000)
  })
}

const readSession = (transcript: Transcript, lines: readonly string[], since: number) => {
  const reader = transcript.reader(since)
  const events = lines.flatMap((line) => reader.line(line))
  const end = reader.end()
  return { events: [...events, ...(end?.events ?? [])], end }
}

/** `recorded`: the lines of a session file of the CLI. */
export const transcriptSuite = (provider: Provider, recorded: readonly string[]) =>
  describe(`the transcript of ${provider.id}`, () => {
    const transcript = provider.transcript as Transcript

    it('tells of the session, of every tool call and of the usage', () => {
      const { events, end } = readSession(transcript, recorded, 0)
      expectPaired(events)
      expect(end?.session).toMatch(SESSION_ID)
      const types = new Set(events.map(({ type }) => type))
      for (const type of ['agent.asked', 'agent.message', 'agent.tool.start', 'agent.usage'] as const)
        expect([...types]).toContain(type)
    })

    it('leaves out what an earlier turn said', () => {
      const { end } = readSession(transcript, recorded, 0)
      expect(readSession(transcript, recorded, (end?.at ?? 0) + 1)).toEqual({ events: [], end: null })
    })

    it('survives any lines: noise, JSON of any shape, its own file cut and mixed', () => {
      fc.assert(
        fc.property(fc.array(anyLine(recorded)), fc.nat(), (lines, since) => {
          const { events } = readSession(transcript, lines, since)
          expectPaired(events)
          expect(JSON.parse(JSON.stringify(events))).toEqual(events)
        }),
        { numRuns: 100 },
      )
    })
  })

/** What every provider holds to. `recorded`: lines of its CLI's real output, to be cut and mixed up. */
export const providerSuite = (provider: Provider, recorded: readonly string[]) =>
  describe(`${provider.id} as a provider`, () => {
    commandTests(provider)
    parserTests(provider, recorded)
    if (provider.interactive !== undefined) interactiveTests(provider, provider.interactive)
  })
