import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { leastValue } from './least-value.ts'
import { asObject, type ModelDialect, type Say } from './model-dialect.ts'
import { MODEL_DIALECTS } from './model-dialects.ts'

/** Says something that stands in no word of the command: only a shell that ran can have said it. */
const ECHO = "printf 'conformance-%d\\n' 052"
export const SAID = 'conformance-42'
export const LAST_WORD = 'the command was run'

/** A CLI that cannot run the command would be asked for ever. */
const MOST_CALLS = 3

type Script = { readonly command: string; calls: number }

type Shell = readonly [name: string, input: (command: string) => unknown]

/** How the agent CLIs call their shell; the first that a request offers is taken. */
const SHELLS: readonly Shell[] = [
  ['exec_command', (cmd) => ({ cmd })],
  ['shell_command', (command) => ({ command })],
  ['shell', (command) => ({ command: ['bash', '-lc', command] })],
  // Codex in code mode: text of a program, not an object.
  ['exec', (cmd) => `text(JSON.stringify(await tools.exec_command({ cmd: ${JSON.stringify(cmd)} })));`],
  ['Bash', (command) => ({ command, description: 'a check' })],
  ['run_shell_command', (command) => ({ command, description: 'a check', is_background: false })],
  ['bash', (command) => ({ command, description: 'a check' })],
]

/** A call of the shell until its output has come back. Requests beside the conversation offer no shell, and may want JSON. */
const sayTo = (dialect: ModelDialect, text: string, script: Script): Say => {
  const body = asObject(JSON.parse(text))
  const offered = dialect.tools(body)
  const [tool, input] = SHELLS.flatMap(([name, asked]) => {
    const found = offered.find((one) => one.name === name)
    return found === undefined ? [] : [[found, asked(script.command)] as const]
  })[0] ?? [undefined]
  if (tool === undefined) {
    const schema = dialect.schema?.(body)
    return { text: schema === undefined ? LAST_WORD : JSON.stringify(leastValue(schema)) }
  }
  if (text.includes(SAID)) return { text: LAST_WORD }
  script.calls += 1
  return script.calls > MOST_CALLS ? { text: 'the output of the command did not come back' } : { tool, input }
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

const answer = async (request: IncomingMessage, response: ServerResponse, script: Script): Promise<void> => {
  const { pathname } = new URL(request.url ?? '/', 'http://model')
  const dialect = MODEL_DIALECTS.find(({ path }) => path.test(pathname))
  if (request.method !== 'POST' || dialect === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"no such path"}}')
    return
  }
  const text = await textOf(request)
  const model = String(asObject(JSON.parse(text))['model'] ?? 'scripted')
  const events = dialect.stream(sayTo(dialect, text, script), model)
  if (/:generateContent$/.test(pathname)) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(events[0]?.[1]))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [name, data] of events) {
    const line = typeof data === 'string' ? data : JSON.stringify(data)
    response.write(`${name === null ? '' : `event: ${name}\n`}data: ${line}\n\n`)
  }
  response.end()
}

/** A model on loopback that asks for one shell command and, when it has its output, is done. */
export const scriptedModel = async (command: string) => {
  const script = { command: `${ECHO}; ${command}`, calls: 0 }
  const server = createServer((request, response) => {
    answer(request, response, script).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
