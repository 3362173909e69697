import type { CommandProvider } from '../domain/command-provider.ts'
import type { AgentEvent } from '../domain/event.ts'
import { clip } from './clip.ts'
import { commandArgv, fill, valuesOf } from './command-argv.ts'
import { commandEvents, wordsClass } from './command-events.ts'
import { endedEarly, failure, interrupted, type Trouble } from './failure.ts'
import { parseObject } from './json-field.ts'
import { heardLine, outputLine } from './line-events.ts'
import type { AgentExit, Parser, Provider, Verdict } from './provider.ts'

type Heard = { trouble: Trouble | null; otherSession: string | null; done: boolean; stderr: string }

const verdictOf = (id: string, config: CommandProvider, heard: Heard, exit: AgentExit): Verdict => {
  if (heard.otherSession !== null) return failure(id, { class: 'agent', message: heard.otherSession })
  const told = exit.code === null ? undefined : config['exit-codes'][String(exit.code)]
  const needsWord = config.events.some((rule) => rule.done === true)
  const ended = told === 'ok' || exit.code === 0
  if (heard.done || (ended && !needsWord && heard.trouble === null))
    return { ok: true, class: 'ok', reason: `${id} finished its turn` }
  if (exit.interrupted) return interrupted(id)
  const words = heard.trouble?.message ?? endedEarly(exit, heard.stderr)
  if (told !== undefined && told !== 'ok') return failure(id, { class: told, message: words })
  return failure(id, heard.trouble ?? { class: ended ? 'agent' : wordsClass(heard.stderr), message: words })
}

const parserOf = (id: string, config: CommandProvider, resume: string | null): Parser => {
  const json = commandEvents(config.events)
  const heard: Heard = { trouble: null, otherSession: null, done: false, stderr: '' }
  let session: string | null = null

  const onSession = (found: string): readonly AgentEvent[] => {
    if (found === '' || session !== null) return []
    session = found
    if (resume === null || found === resume) return [{ type: 'agent.session', session: found }]
    heard.otherSession = `it started session ${found.slice(0, 100)} instead of going on with ${resume}`
    return [{ type: 'agent.error', class: 'agent', text: heard.otherSession }]
  }
  const onLine = (line: string): readonly AgentEvent[] => {
    if (config.output === 'text') return [{ type: 'agent.message', text: clip(line) }]
    const object = parseObject(line)
    if (object === undefined) return [outputLine('stdout', line)]
    const said = json.read(object)
    heard.done ||= said.done
    for (const event of said.events)
      if (event.type === 'agent.error') heard.trouble = { class: event.class, message: event.text }
    return [...onSession(said.session), ...said.events]
  }
  return {
    plain: config.output === 'text',
    line: (line) => (line.trim() === '' ? [] : onLine(line)),
    errorLine: heardLine((line) => {
      heard.stderr = line.trim().slice(0, 600)
    }),
    end: (exit) => ({ verdict: verdictOf(id, config, heard, exit), events: json.close() }),
  }
}

/** A provider out of a table [providers.NAME] of the config file. */
export const command = (id: string, config: CommandProvider): Provider => {
  const baseUrl = config['base-url']
  const path = baseUrl === undefined ? '' : new URL(baseUrl).pathname.replace(/\/$/, '')
  return {
    id,
    title: config.title ?? id,
    binary: null,
    tested: null,
    key: config.key === undefined ? null : { env: config.key },
    // Without an address and without --base-url there is no model: nothing listens there.
    api: { defaultBaseUrl: baseUrl ?? 'http://127.0.0.1:9', emptyPath: path, header: config.header },
    hosts: config.hosts,
    sessionPaths: config['session-paths'],
    supports: {
      resume: config.events.some((rule) => rule.session !== undefined),
      model: JSON.stringify([config.command, config.env]).includes('{model}'),
      usage: config.events.some((rule) => rule.usage !== undefined),
    },
    command: (input) => ({
      argv: commandArgv(config, input),
      env: Object.fromEntries(
        Object.entries(config.env).flatMap(([name, template]) => {
          const value = fill(template, valuesOf(input))
          return value === null ? [] : [[name, value]]
        }),
      ),
      files: [],
      stdin: config.prompt === 'stdin' ? input.paths.prompt : null,
      end: null,
      interrupt: { signal: config.interrupt, graceMs: 5000 },
      termGraceMs: 2000,
    }),
    parser: ({ resume }) => parserOf(id, config, resume),
  }
}
