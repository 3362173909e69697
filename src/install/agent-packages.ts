type AgentPackage = {
  /** As the registry has it. */
  readonly name: string
  /** Its version that holds this version of the CLI for this machine. */
  readonly versionFor: (cli: string) => string
  /** Its folder among the packages of the toolbox. */
  readonly folder: string
}

const machine = `linux-${process.arch}`
const plain = (name: string): AgentPackage => ({ name, versionFor: (cli) => cli, folder: name })

/** Where npm has the program of each agent CLI. */
export const AGENT_PACKAGES = {
  codex: {
    name: '@openai/codex',
    versionFor: (cli) => `${cli}-${machine}`,
    folder: `@openai/codex-${machine}`,
  },
  claude: plain(`@anthropic-ai/claude-code-${machine}`),
  gemini: plain('@google/gemini-cli'),
  opencode: plain(`opencode-${machine}`),
} as const satisfies Readonly<Record<string, AgentPackage>>

export type PackagedAgent = keyof typeof AGENT_PACKAGES

export const isPackaged = (agent: string): agent is PackagedAgent => Object.hasOwn(AGENT_PACKAGES, agent)
