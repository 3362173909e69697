import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { client, logText, model, open, send, serve, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

const usage = { input: 120, output: 30, cached: 40, reasoning: 7 }
const COUNTS = { inputTokens: 120, cachedTokens: 40, outputTokens: 30, reasoningTokens: 7 }

const ASKS = [
  ['/v1/responses', 'authorization-bearer', { model: 'm', input: 'hi' }],
  ['/v1/chat/completions', 'authorization-bearer', { model: 'm', messages: [] }],
  ['/v1/messages', 'x-api-key', { model: 'm', messages: [], max_tokens: 9 }],
  ['/v1/models/m:generateContent', 'x-goog-api-key', { contents: [] }],
] as const

describe("the gateway's own count", () => {
  test.each(ASKS)('%s: streamed and whole, in the line of the request', async (path, header, body) => {
    const upstream = await model({ scenario: { usage } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`, 't-1', { header, key: null })
    await port.open(task)
    const streamed = path.replace(':generate', ':streamGenerate')
    const direct = async (stream: boolean) => {
      const to = { method: 'POST', body: JSON.stringify({ ...body, stream }) }
      return (await fetch(`${upstream.url}${stream ? streamed : path}`, to)).text()
    }
    const ids = /"(id|responseId|item_id|created|created_at)":("[^"]*"|\d+)/g
    for (const stream of [true, false]) {
      const sent = { socket: task.socket, path: stream ? streamed : path, headers: {} }
      const { text } = await send({ ...sent, body: JSON.stringify({ ...body, stream }) })
      expect(text.replace(ids, '')).toBe((await direct(stream)).replace(ids, ''))
    }
    const lines = await until(port, 't-1', ({ n }) => n === 2)
    expect(lines.map((line) => line.usage)).toEqual([COUNTS, COUNTS])
  })

  test('what is no answer of a model, an error, and what comes compressed unasked, counts nothing and passes', async () => {
    const told = JSON.stringify({ usage: { prompt_tokens: 5, completion_tokens: 1 } })
    const packed = gzipSync(told)
    const { url } = await serve((request, response) => {
      const json = { 'content-type': 'application/json' }
      if (request.url === '/packed') response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(packed)
      else response.writeHead(request.url === '/bad' ? 500 : 200, json).end(told)
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const get = await send({ socket: task.socket, path: '/x', method: 'GET', body: '' })
    const bad = await send({ socket: task.socket, path: '/bad' })
    const answer = await open({ socket: task.socket, path: '/packed' })
    const bytes: Buffer[] = []
    for await (const piece of answer) bytes.push(piece as Buffer)
    expect([get.text, bad.text, Buffer.concat(bytes)]).toEqual([told, told, packed])
    await send({ socket: task.socket, path: '/good' })
    const lines = await until(port, 't-1', ({ path }) => path === '/good')
    expect(lines.map(({ path, usage: counted }) => [path, counted?.inputTokens])).toEqual([
      ['/x', undefined],
      ['/bad', undefined],
      ['/packed', undefined],
      ['/good', 5],
    ])
  })

  test('an answer that its client leaves has told what had come, and its words are in no log', async () => {
    const begun = { type: 'message_start', message: { secret: 'not to be kept', usage: { input_tokens: 9 } } }
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify(begun)}\n\n`)
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const response = await open({ socket: task.socket, path: '/x' })
    response.once('data', () => response.destroy())
    const [line] = await until(port, 't-1', ({ kind }) => kind === 'request')
    expect(line).toMatchObject({ message: 'the client went away', usage: { inputTokens: 9, outputTokens: 0 } })
    expect(logText()).not.toContain('not to be kept')
  })
})
