import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'

const keysOf = ({ key, otherKeys = [] }: Provider): readonly string[] =>
  key === null ? otherKeys : [key.env, ...otherKeys]

/** Refuses `--env` of a variable that holds a model's key, of this agent or another: the real one would be in the container. */
export const refuseKeys = (
  { config: { providers } }: Pick<Deps, 'config'>,
  provider: Provider,
  names: readonly string[],
): void => {
  const keys = new Set([...providers.values(), provider].flatMap(keysOf))
  const name = names.find((one) => keys.has(one))
  if (name === undefined) return
  throw new BerthError(
    'bad-env',
    `--env ${name}: this variable holds a model's key, which stays outside the container`,
    {
      hint: `Leave it out: the gateway sets the key on the way to the model, from this shell or from --credential. If a program in the repository needs a key, give it under another name.`,
    },
  )
}

/** The variable in which the CLI looks for its key holds the placeholder; the gateway knows the request by it. */
export const checkEnv = ({ envFrom, model, order }: Plan) => {
  const taken = envFrom.find((name) => model !== null && order.run?.env[name] === model.placeholder)
  if (taken !== undefined)
    throw new BerthError(
      'bad-env',
      `--env ${taken}: Berth sets this variable to a placeholder, and the gateway replaces it with the model's key`,
    )
}
