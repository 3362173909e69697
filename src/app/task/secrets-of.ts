import { isSecretName } from '../../std/secret-name.ts'

type Known = {
  readonly callerEnv: Readonly<Record<string, string>>
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
}

/**
 * What is masked in everything an agent says: the model's key, the variables that were passed by name, and of those
 * with a value on the command line the ones whose name speaks of a secret (a NODE_ENV=production is a common word).
 */
export const secretsOf = ({ key, env, callerEnv }: Known): readonly string[] => {
  const named = Object.entries(env).filter(([name, value]) => callerEnv[name] === value || isSecretName(name))
  return [...(key === null ? [] : [key]), ...named.map(([, value]) => value)]
}
