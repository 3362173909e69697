import { asObject, asObjects, type Json, type ModelDialect, named, type Tool } from './model-dialect.ts'

const OPENAI_USAGE = { input_tokens: 9, output_tokens: 3, total_tokens: 12 }

const responsesTools = (list: unknown): readonly Tool[] =>
  asObjects(list).flatMap((tool) => {
    if (tool['type'] !== 'namespace') return [named(tool)]
    return responsesTools(tool['tools']).map((one) => ({ ...one, namespace: named(tool).name }))
  })

/** OpenAI's responses. A tool that takes no object gets its text as it is. */
const responses: ModelDialect = {
  path: /\/responses$/,
  tools: (body) => {
    const late = asObjects(body['input']).filter(({ type }) => type === 'additional_tools')
    return [body, ...late].flatMap((one) => responsesTools(one['tools']))
  },
  stream: (say, model) => {
    const free = 'tool' in say && typeof say.input === 'string'
    const call = (tool: Tool, input: unknown): Json =>
      free
        ? { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', ...tool, input }
        : { type: 'function_call', id: 'fc_1', call_id: 'call_1', ...tool, arguments: JSON.stringify(input) }
    const item: Json =
      'text' in say
        ? {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            content: [{ type: 'output_text', text: say.text, annotations: [] }],
          }
        : call(say.tool, say.input)
    const done = { ...item, status: 'completed' }
    const response = { id: 'resp_1', object: 'response', created_at: 1, model, error: null }
    const events: readonly Json[] = [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
      { type: 'response.output_item.done', output_index: 0, item: done },
      {
        type: 'response.completed',
        response: { ...response, status: 'completed', output: [done], usage: OPENAI_USAGE },
      },
    ]
    return events.map((event, sequence_number) => [String(event['type']), { ...event, sequence_number }] as const)
  },
}

/** OpenAI's chat completions. */
const completions: ModelDialect = {
  path: /\/chat\/completions$/,
  tools: (body) => asObjects(body['tools']).map((tool) => named(asObject(tool['function']))),
  stream: (say, model) => {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model }
    const chunk = (delta: Json, finish_reason: string | null = null) =>
      [null, { ...head, choices: [{ index: 0, delta, finish_reason }] }] as const
    const call = ({ name }: Tool, input: unknown) => {
      const its = { name, arguments: JSON.stringify(input) }
      return { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: its }] }
    }
    return [
      chunk({ role: 'assistant', content: '' }),
      chunk('text' in say ? { content: say.text } : call(say.tool, say.input)),
      chunk({}, 'text' in say ? 'stop' : 'tool_calls'),
      [null, { ...head, choices: [], usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 } }],
      [null, '[DONE]'],
    ]
  },
}

/** Anthropic's messages. */
const messages: ModelDialect = {
  path: /\/messages$/,
  tools: (body) => asObjects(body['tools']).map(named),
  stream: (say, model) => {
    const stop_reason = 'text' in say ? 'end_turn' : 'tool_use'
    const usage = { input_tokens: 9, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, usage }
    const [content_block, delta]: readonly [Json, Json] =
      'text' in say
        ? [
            { type: 'text', text: '' },
            { type: 'text_delta', text: say.text },
          ]
        : [
            { type: 'tool_use', id: 'toolu_1', name: say.tool.name, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(say.input) },
          ]
    const events: readonly Json[] = [
      { type: 'message_start', message: { ...message, stop_sequence: null } },
      { type: 'content_block_start', index: 0, content_block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
      { type: 'message_stop' },
    ]
    return events.map((event) => [String(event['type']), event] as const)
  },
}

/** Google's generateContent. */
const generateContent: ModelDialect = {
  path: /\/models\/[^/]+:(?:streamG|g)enerateContent$/,
  tools: (body) => asObjects(body['tools']).flatMap((tool) => asObjects(tool['functionDeclarations']).map(named)),
  schema: (body) => asObject(body['generationConfig'])['responseJsonSchema'],
  stream: (say, model) => {
    const part = 'text' in say ? { text: say.text } : { functionCall: { name: say.tool.name, args: say.input } }
    const content = { role: 'model', parts: [part] }
    const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 3, totalTokenCount: 12 }
    return [[null, { candidates: [{ content, index: 0, finishReason: 'STOP' }], modelVersion: model, usageMetadata }]]
  },
}

/** The APIs that the agent CLIs speak with their models. */
export const MODEL_DIALECTS: readonly ModelDialect[] = [responses, completions, messages, generateContent]
