import { describe, expect, test } from 'vitest'
import { LAST_WORD, SAID, scriptedModel } from './scripted-model.ts'

const named = (name: string) => ({ name })
const DIALECTS = [
  { path: '/v1/responses', tools: (name: string) => [{ type: 'namespace', name: 'n', tools: [named(name)] }] },
  { path: '/v1/chat/completions', tools: (name: string) => [{ type: 'function', function: named(name) }] },
  { path: '/v1/messages', tools: (name: string) => [named(name)] },
  {
    path: '/v1beta/models/m:streamGenerateContent?alt=sse',
    tools: (name: string) => [{ functionDeclarations: [named(name)] }],
  },
]

const ask = async (url: string, path: string, body: object) => {
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: answer.status, text: await answer.text() }
}

describe('scriptedModel', () => {
  test.each(DIALECTS)('$path: a command, then the last word when its output is there', async ({ path, tools }) => {
    await using model = await scriptedModel('mine --version')
    const offered = { model: 'm', tools: tools('bash') }
    const first = await ask(model.url, path, offered)
    expect(first).toMatchObject({ status: 200, text: expect.stringContaining('mine --version') })
    expect(first.text).not.toContain(SAID)
    const second = await ask(model.url, path, { ...offered, output: SAID })
    expect(second.text).toContain(LAST_WORD)
    expect(second.text).not.toContain('mine --version')
  })

  test('asks for no more than three commands of a CLI that runs none', async () => {
    await using model = await scriptedModel('mine')
    const body = { model: 'm', tools: [named('Bash')] }
    const answers: string[] = []
    for (let i = 0; i < 4; i += 1) answers.push((await ask(model.url, '/v1/messages', body)).text)
    expect(answers.map((text) => text.includes('tool_use'))).toEqual([true, true, true, false])
  })

  test('a request without a shell gets words, or the JSON that it wants', async () => {
    await using model = await scriptedModel('mine')
    expect((await ask(model.url, '/v1/messages', { model: 'm', tools: [named('Read')] })).text).toContain(LAST_WORD)
    const schema = { type: 'object', properties: { score: { type: 'integer' }, why: { type: 'string' } } }
    const asked = { generationConfig: { responseJsonSchema: schema } }
    const { text } = await ask(model.url, '/v1beta/models/m:generateContent', asked)
    const said = JSON.parse(text) as { candidates: { content: { parts: { text: string }[] } }[] }
    expect(JSON.parse(said.candidates[0]?.content.parts[0]?.text ?? '')).toEqual({ score: 1, why: 'ok' })
    expect(await ask(model.url, '/v1/other', {})).toMatchObject({ status: 404 })
  })
})
