import { BerthError } from '../domain/errors.ts'
import type { ModelRoute } from './provider.ts'

const DEFAULT_MODEL = 'openai/gpt-5.5'

const OPENAI: ModelRoute = {
  key: { env: 'OPENAI_API_KEY' },
  api: { defaultBaseUrl: 'https://api.openai.com/v1', emptyPath: '/v1', header: 'authorization-bearer' },
}

/** The model providers that opencode speaks to by itself, and whose keys we know. */
const KNOWN: ReadonlyMap<string, ModelRoute> = new Map([
  ['openai', OPENAI],
  [
    'anthropic',
    {
      key: { env: 'ANTHROPIC_API_KEY' },
      api: { defaultBaseUrl: 'https://api.anthropic.com/v1', emptyPath: '/v1', header: 'x-api-key' },
    },
  ],
  [
    'google',
    {
      key: { env: 'GEMINI_API_KEY' },
      api: {
        defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
        emptyPath: '/v1beta',
        header: 'x-goog-api-key',
      },
    },
  ],
])

/** The variables of their keys. */
export const OPENCODE_KEYS: readonly string[] = [...KNOWN.values()].flatMap(({ key }) => key?.env ?? [])

/** PROVIDER/MODEL in its parts; the model's own name may hold slashes. */
export const splitModel = (model: string | null): { readonly provider: string; readonly name: string } => {
  const [provider = '', ...name] = (model ?? DEFAULT_MODEL).split('/')
  return { provider, name: name.join('/') }
}

/** An address that is given speaks OpenAI's chat completions, whatever the model is called; else the model names its provider. */
export const opencodeRoute = (model: string | null, addressGiven: boolean): ModelRoute => {
  if (addressGiven) return OPENAI
  const { provider, name } = splitModel(model)
  const route = KNOWN.get(provider)
  if (route !== undefined && name !== '') return route
  throw new BerthError(
    'bad-request',
    `--model ${model}: opencode takes PROVIDER/MODEL with one of the providers ${[...KNOWN.keys()].join(', ')}`,
    {
      hint: 'Write it like anthropic/claude-sonnet-5; for another provider give its OpenAI-compatible address with --base-url.',
    },
  )
}
