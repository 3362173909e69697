import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apis } from '../../test/fixtures/model-server/apis.ts'
import type { Answer, ModelApi } from '../../test/fixtures/model-server/model-api.ts'
import { usageMeter } from './usage-meter.ts'

const SSE = { 'content-type': 'text/event-stream; charset=utf-8' }
const JSON_TEXT = { 'content-type': 'application/json' }
const ASK = { model: 'm-1 "é"', stream: true, tools: [], messages: 1, last: '' }
const COUNTS = { inputTokens: 120, cachedTokens: 40, outputTokens: 30, reasoningTokens: 7 }

/** It speaks of usage itself, in text and in a tool's input. */
const POSING = {
  model: 'posing',
  modelVersion: 'posing',
  usage: { input_tokens: 9999, prompt_tokens: 9999, promptTokenCount: 9999, output_tokens: 9999 },
}
const answer = (text: string): Answer => ({
  text,
  pieces: [text.slice(0, 9), text.slice(9)],
  reasoning: 'hm "}',
  calls: [{ id: 'c', name: 'shell', input: { ...POSING, message: POSING, response: POSING } }],
  usage: { input: 120, cached: 40, output: 30, reasoning: 7 },
})
const TEXT = `"usage": \\ ${JSON.stringify(POSING)}\n\ndata: ${JSON.stringify(POSING)} é 😀`
const whole = (api: ModelApi, text = TEXT) => JSON.stringify(api.whole(ASK, answer(text)))
const stream = (api: ModelApi, text = TEXT) =>
  api
    .stream(ASK, answer(text))
    .map(({ event, data }) => {
      const name = event === null ? '' : `event: ${event}\n`
      return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
    })
    .join('')

const read = (headers: Record<string, string>, ...pieces: readonly (string | Buffer)[]) => {
  const meter = usageMeter(headers)
  for (const piece of pieces) meter?.write(Buffer.from(piece))
  return meter?.read()
}

const modelOf = (headers: Record<string, string>, ...pieces: readonly (string | Buffer)[]) => {
  const meter = usageMeter(headers)
  for (const piece of pieces) meter?.write(Buffer.from(piece))
  return meter?.model()
}

const FORMS = apis.flatMap((api) => [
  { name: `${api.name}, streamed`, headers: SSE, body: stream(api) },
  { name: `${api.name}, whole`, headers: JSON_TEXT, body: whole(api) },
])

test.each(FORMS)('$name: the counts, wherever it is cut', ({ headers, body }) => {
  const bytes = Buffer.from(body)
  expect(read(headers, bytes)).toEqual(COUNTS)
  for (let at = 0; at <= bytes.length; at += 1)
    if (JSON.stringify(read(headers, bytes.subarray(0, at), bytes.subarray(at))) !== JSON.stringify(COUNTS))
      throw new Error(`cut at ${at}`)
  expect(read(headers, ...[...bytes].map((byte) => Buffer.of(byte)))).toEqual(COUNTS)
})

test.each(FORMS)("$name: the model's name, wherever it is cut", ({ headers, body }) => {
  const bytes = Buffer.from(body)
  expect(modelOf(headers, ...[...bytes].map((byte) => Buffer.of(byte)))).toBe(ASK.model)
  for (let at = 0; at <= bytes.length; at += 1)
    if (modelOf(headers, bytes.subarray(0, at), bytes.subarray(at)) !== ASK.model) throw new Error(`cut at ${at}`)
})

test("a model's name is an upstream's word: short, on one line, printable, and of the answer itself", () => {
  const named = (value: unknown) => modelOf(JSON_TEXT, JSON.stringify({ model: value, n: 'x', usage: {} }))
  expect(named('big\u001b[31m\n \u202e2')).toBe('big 2')
  expect(named('x'.repeat(128))).toBe('x'.repeat(128))
  for (const bad of ['', '\u0007', 'x'.repeat(129), 'x'.repeat(100_000), 7, null, ['a'], { model: 'a' }])
    expect(named(bad), String(bad).slice(0, 200)).toBeNull()
  expect(
    modelOf(JSON_TEXT, '{"a":"model","b":"x","c":["model","y"],"usage":{"model":"z"},"list":{"model":"z"}}'),
  ).toBeNull()
  expect(modelOf(SSE, 'data: {"model":"cut\n', 'data: "}\n', 'data: {"model":"whole"}\n')).toBe('whole')
  expect(modelOf(SSE, 'data: {"model":"first"}\ndata: {"model":"last"}\ndata: {"model":null}\n')).toBe('last')
})

const LAID_OUT = apis.flatMap((api) => [
  { headers: SSE, body: stream(api).replaceAll('\n', '\r\n') },
  { headers: JSON_TEXT, body: JSON.stringify(JSON.parse(whole(api)), null, 2) },
])

test('any cuts, however it is laid out', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS, ...LAID_OUT),
      fc.array(fc.nat(), { maxLength: 20 }),
      ({ headers, body }, cuts) => {
        const bytes = Buffer.from(body)
        const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
        expect(read(headers, ...at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(COUNTS)
      },
    ),
  )
})

test.each(['metadata', 'usages', 'content_block'])('what is called usage in a %s is not that of the answer', (name) => {
  const text = JSON.stringify({ [name]: POSING, list: [POSING], usage: { prompt_tokens: 5 } })
  expect(read(JSON_TEXT, text)).toMatchObject({ inputTokens: 5 })
  expect(read(SSE, `data: ${text}\n`)).toMatchObject({ inputTokens: 5 })
})

test('what is broken off has told what it has told', () => {
  const [messages] = apis.filter(({ name }) => name === 'messages')
  const body = stream(messages as ModelApi)
  expect(read(SSE, body.slice(0, body.indexOf('content_block_start')))).toMatchObject({
    inputTokens: 120,
    outputTokens: 1,
  })
  expect(read(SSE, body.slice(0, 30))).toBeNull()
})

test('counts that come again and again are the last ones', () => {
  const chunk = (output: number) =>
    `data: ${JSON.stringify({ usage: { prompt_tokens: 5, completion_tokens: output } })}\n`
  expect(read(SSE, chunk(1), chunk(2), chunk(8))).toMatchObject({ inputTokens: 5, outputTokens: 8 })
})

test('a list of answers, as Gemini streams without alt=sse', () => {
  const part = (output: number) => ({ usageMetadata: { promptTokenCount: 5, candidatesTokenCount: output } })
  expect(read(JSON_TEXT, JSON.stringify([part(1), part(4)]))).toMatchObject({ inputTokens: 5, outputTokens: 4 })
})

test.each(apis)('$name: an answer of megabytes is counted, though none of it is kept', (api) => {
  const long = 'x\\"{['.repeat(300_000)
  expect(read(JSON_TEXT, whole(api, long))).toEqual(COUNTS)
  expect(read(SSE, stream(api, long))).toEqual(COUNTS)
})

test('a usage over the cap is let go, and what follows is read', () => {
  const long = { usage: { prompt_tokens: 7, note: 'x'.repeat(10_000) } }
  expect(read(JSON_TEXT, JSON.stringify(long))).toBeNull()
  expect(read(SSE, `data: ${JSON.stringify(long)}\ndata: {"usage":{"prompt_tokens":3}}\n`)).toMatchObject({
    inputTokens: 3,
  })
})

test('garbage counts nothing, and a line of it does not spoil the next', () => {
  const good = 'data: {"usage":{"prompt_tokens":3}}\n'
  for (const bad of [
    'data: {"usage":{"prompt_',
    'data: "{[',
    ': {"usage":{"prompt_tokens":9}}',
    'data: }}]]',
    '{"',
    '\\',
  ])
    expect(read(SSE, `${bad}\n`, good), bad).toMatchObject({ inputTokens: 3 })
  for (const bad of ['-1', '1.5', '1e300', 'null', '"7"', '[7]', '{}', 'x'])
    expect(read(JSON_TEXT, `{"usage":{"prompt_tokens":${bad}}}`), bad).toBeNull()
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), fc.boolean(), (pieces, events) => {
      const meter = usageMeter(events ? SSE : JSON_TEXT)
      for (const piece of pieces) meter?.write(piece)
      meter?.read()
    }),
  )
})

test('only what can tell counts is read', () => {
  for (const headers of [{}, { 'content-type': 'text/html' }, { ...SSE, 'content-encoding': 'gzip' }])
    expect(usageMeter(headers)).toBeNull()
  expect(usageMeter({ ...SSE, 'content-encoding': 'identity' })).not.toBeNull()
})
