import type { AgentEvent } from '../domain/event.ts'
import { addUsage, NO_USAGE, type Usage } from '../domain/usage.ts'
import { child, count, type JsonObject, parseObject, text } from './json-field.ts'
import { opencodeTool } from './opencode-tool.ts'
import { opencodeUsage } from './opencode-usage.ts'
import type { Transcript, TranscriptReader } from './provider.ts'

const DATABASE = '.local/share/opencode/opencode.db'
const PRINTED = '.berth/opencode-session.jsonl'

/**
 * Prints the parts of the newest session since a time, one a line. A session of a sub-agent has a parent. It runs in the
 * container: no program of the host opens a database that an agent wrote.
 */
const PRINT = `
const { DatabaseSync } = require('node:sqlite')
const [file, since] = process.argv.slice(1)
const db = new DatabaseSync(file, { readOnly: true })
const rows = db.prepare(\`
  select p.session_id as session, p.time_created as at, json_extract(m.data, '$.role') as role, p.data as part
  from part p join message m on m.id = p.message_id join session s on s.id = p.session_id
  where p.time_created >= ? and s.parent_id is null order by p.time_created, p.id\`)
for (const { session, at, role, part } of rows.iterate(Number(since)))
  process.stdout.write(JSON.stringify({ session, at, role, part: JSON.parse(part) }) + '\\n')
`

const said = (role: string, part: JsonObject): readonly AgentEvent[] => {
  const words = text(part, 'text')
  // What the CLI adds to a prompt itself, such as a file's text.
  if (words === '' || part['synthetic'] === true) return []
  return [{ type: role === 'user' ? 'agent.asked' : 'agent.message', text: words }]
}

const reader = (since: number): TranscriptReader => {
  let session = ''
  let last = 0
  let usage: Usage | null = null
  const ids = new Set<string>()

  const onTool = (part: JsonObject): readonly AgentEvent[] => {
    const id = text(part, 'callID') || text(part, 'id')
    if (ids.has(id)) return []
    ids.add(id)
    return opencodeTool(part)
  }
  const onPart = (role: string, part: JsonObject): readonly AgentEvent[] => {
    switch (text(part, 'type')) {
      case 'text':
        return said(role, part)
      case 'reasoning': {
        const words = text(part, 'text')
        return words === '' ? [] : [{ type: 'agent.reasoning', text: words }]
      }
      case 'tool':
        return onTool(part)
      case 'step-finish':
        usage = addUsage(usage ?? NO_USAGE, opencodeUsage(part))
        return []
      default:
        return []
    }
  }
  return {
    line: (line) => {
      const entry = parseObject(line)
      const at = entry === undefined ? 0 : count(entry, 'at')
      if (entry === undefined || at < since) return []
      session = text(entry, 'session') || session
      last = Math.max(last, at)
      return onPart(text(entry, 'role'), child(entry, 'part'))
    },
    end: () => {
      if (session === '') return null
      return { session, at: last, events: usage === null ? [] : [{ type: 'agent.usage', usage }] }
    },
  }
}

/** opencode keeps its sessions in a database. */
export const opencodeTranscript: Transcript = {
  isPart: (path) => path === PRINTED,
  reader,
  print: {
    path: PRINTED,
    argv: ({ bin, home }) => [`${bin}/node`, '--no-warnings', '-e', PRINT, `${home}/${DATABASE}`],
  },
}
