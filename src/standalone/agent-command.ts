import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command, CommandInput, InteractiveCommand, Provider } from '../providers/provider.ts'
import { errorMessage } from '../std/error-message.ts'
import type { Access } from './choose-access.ts'
import { StepFailed } from './exit-codes.ts'
import type { Inputs } from './read-inputs.ts'

type Input = {
  readonly provider: Provider
  readonly inputs: Inputs
  readonly access: Access
  readonly folder: string
  readonly home: string
  readonly toolbox: string
  readonly identity: { readonly name: string; readonly email: string }
}

const accessPart = (
  access: Access,
): Pick<CommandInput, 'baseUrl' | 'addressGiven' | 'placeholder' | 'options'> &
  Pick<Partial<CommandInput>, 'login' | 'inside'> =>
  access.kind === 'key'
    ? { baseUrl: access.baseUrl, addressGiven: access.addressGiven, placeholder: access.key, options: {} }
    : {
        baseUrl: '',
        addressGiven: false,
        placeholder: '',
        options: access.options,
        inside: true,
        ...(access.service === null ? {} : { login: access.service }),
      }

const commandInput = ({ inputs, access, folder, home, toolbox, identity }: Input): CommandInput => ({
  model: inputs.model,
  resume: null,
  args: inputs.flags,
  ...accessPart(access),
  paths: { work: folder, home, bin: join(toolbox, 'bin'), prompt: '' },
  attachments: [],
  git: { ...identity, trusted: ['*'], sandbox: null },
  permissive: true,
})

/** The command of the CLI that runs without a person. */
export const batchCommand = (input: Input): Command => input.provider.command(commandInput(input))

/** The command of the CLI's own screen, with the prompt in its word. */
export const screenCommand = (input: Input, prompt: string): Omit<InteractiveCommand, 'promptAt'> => {
  const { provider } = input
  if (provider.interactive === undefined)
    throw new StepFailed('input', `MODE=chat: ${provider.title} has no screen`, 'Give MODE=exec.')
  const { promptAt, argv, ...command } = provider.interactive({ ...commandInput(input), prompt: prompt !== '' })
  if (promptAt === null) return { ...command, argv }
  const [program = '', ...args] = argv.with(promptAt, `${argv[promptAt] ?? ''}${prompt}`)
  return { ...command, argv: [program, ...args] }
}

/** Writes what the CLI would ask about at its first start. A file that is there is the user's. */
export const writeSettings = (home: string, files: Command['files']): void => {
  try {
    for (const { path, text, mode } of files) {
      const target = join(home, path)
      if (existsSync(target)) continue
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, text, { mode })
    }
  } catch (error) {
    throw new StepFailed(
      'no-credentials',
      `wrote the CLI's settings below ${home}: ${errorMessage(error)}`,
      'Let the user of the container write the mounted folder of the CLI.',
      error,
    )
  }
}
