import { nestOptions } from './nest-options.ts'
import { splitModel } from './opencode-route.ts'
import type { CommandInput } from './provider.ts'

export const KEY_VARIABLE = 'BERTH_MODEL_KEY'
/** Named where nobody names one: most local servers take any. */
const ANY_MODEL = 'default'

/** Provider and model as opencode calls them, and what it must know of them. */
const modelConfig = ({ model, baseUrl, addressGiven, attachments, login, inside }: CommandInput) => {
  // A model it knows nothing of is taken for one that sees no pictures.
  const sees = attachments.some(({ media }) => media !== null)
    ? { attachment: true, modalities: { input: ['text', 'image'], output: ['text'] } }
    : {}
  // A login is in a variable of its own.
  const options = inside
    ? {}
    : { baseURL: baseUrl, ...(login === undefined ? { apiKey: `{env:${KEY_VARIABLE}}` } : {}) }
  if (addressGiven && login === undefined) {
    const name = model ?? ANY_MODEL
    const berth = { npm: '@ai-sdk/openai-compatible', name: 'berth', options, models: { [name]: { name, ...sees } } }
    return { id: `berth/${name}`, provider: { berth } }
  }
  const { provider, name } = splitModel(model)
  // Declared, for its own catalogue may not have it yet.
  return { id: `${provider}/${name}`, provider: { [provider]: { options, models: { [name]: sees } } } }
}

/** opencode's whole configuration. Settings of the caller's are set last, by their path: `agent.build.temperature=0.2`. */
export const opencodeConfig = (input: CommandInput): string => {
  const { id, provider } = modelConfig(input)
  const config = {
    provider,
    enabled_providers: Object.keys(provider),
    model: id,
    small_model: id,
    share: 'disabled',
    autoupdate: false,
    ...(input.permissive ? { permission: 'allow' } : {}),
  }
  return JSON.stringify(nestOptions(config, input.options))
}
