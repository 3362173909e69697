import { type CommandProvider, namedIn, type Placeholder } from '../domain/command-provider.ts'
import type { CommandInput } from './provider.ts'

type Values = Readonly<Record<Placeholder, string | null>>

export const valuesOf = (input: CommandInput): Values => ({
  model: input.model,
  session: input.resume,
  // Put in by the shell that starts it: the text is in the file alone.
  prompt: '{prompt}',
  prompt_file: input.paths.prompt,
  work: input.paths.work,
  home: input.paths.home,
  base_url: input.baseUrl,
  key: input.placeholder,
})

/** A template with its values; null where one of them is not there. */
export const fill = (template: string, values: Values): string | null => {
  const names = namedIn(template) as readonly Placeholder[]
  if (names.some((name) => values[name] === null)) return null
  return template.replace(/\{([^{}\s]*)\}/g, (_, name: Placeholder) => values[name] ?? '')
}

/** Puts the text of the prompt's file where `{prompt}` stands, and becomes the command. */
const WITH_PROMPT = `prompt=$(cat -- "$1"; printf .) && prompt=\${prompt%.} || exit 1
shift
left=$#
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  [ "$word" = '{prompt}' ] && word=$prompt
  set -- "$@" "$word"
  left=$((left - 1))
done
exec "$@"`

/** The command line of a configured provider. */
export const commandArgv = (config: CommandProvider, input: CommandInput): readonly [string, ...string[]] => {
  const values = valuesOf(input)
  const [program, ...rest] = config.command
  const words = rest.flatMap((part) => {
    const filled = [part].flat().map((word) => fill(word, values))
    return filled.includes(null) ? [] : (filled as string[])
  })
  const argv = [fill(program, values) ?? program, ...words, ...input.args] as const
  return config.prompt === 'argument' ? ['/bin/sh', '-c', WITH_PROMPT, 'berth', input.paths.prompt, ...argv] : argv
}
