import { statSync } from 'node:fs'
import { type GitHubSettings, NO_GITHUB } from '../domain/github-settings.ts'
import type { State } from '../domain/task.ts'
import { defaultConcurrency } from './default-concurrency.ts'
import { loadConfig } from './load-config.ts'
import type { Values } from './settings.ts'

/** What the supervisor does by itself, beside what tasks ask for. */
export type SupervisorSettings = {
  readonly hook: {
    readonly argv: readonly [string, ...string[]]
    readonly states: ReadonlySet<State>
    readonly limitMs: number
  } | null
  /** How many turns run at once: over all tasks, and among those with a label (`NAME` for each value, `NAME=VALUE` for one). */
  readonly queue: { readonly concurrency: number; readonly labels: Readonly<Record<string, number>> }
  /** Bytes that the state folder may take; null: no matter how many. */
  readonly diskBudget: number | null
  /** The folder below which the workspaces of new tasks lie; null: the state folder. */
  readonly workspaceBaseDir: string | null
  /** The folders that mounts must lie beneath; null: any. */
  readonly mountRoots: readonly string[] | null
  /** Of the company's network; null: as a shell's variables say. */
  readonly company: {
    readonly httpsProxy: string | null
    readonly httpProxy: string | null
    readonly noProxy: readonly string[] | null
    readonly caFile: string | null
  }
  /** Base URL in place of an issuer's own origin, for new logins; null: the issuer's own. */
  readonly loginIssuer: string | null
  /** The variables of a shell that may be passed to agents; null: any. */
  readonly envAllow: readonly string[] | null
  /** The repositories that tasks may work on; null: any. */
  readonly allowedRepositories: readonly string[] | null
  /** The hosts that tasks may have beside their models; null: any. */
  readonly allowedHosts: readonly string[] | null
  readonly github: GitHubSettings
}

/** Until the settings can be read, nothing is allowed that they may forbid. */
const NONE: SupervisorSettings = {
  diskBudget: null,
  hook: null,
  queue: { concurrency: defaultConcurrency().most, labels: {} },
  workspaceBaseDir: null,
  mountRoots: [],
  company: { httpsProxy: null, httpProxy: null, noProxy: null, caFile: null },
  loginIssuer: null,
  envAllow: [],
  allowedRepositories: [],
  allowedHosts: [],
  github: NO_GITHUB,
}

/** The table [github] of what is in force. */
export const githubOf = (values: Values): GitHubSettings => ({
  appId: values['github-app-id'],
  installationId: values['github-installation-id'],
  privateKey: values['github-private-key'],
  apiUrl: values['github-api-url'],
  token: values['github-token'],
  defaultBranch: values['github-default-branch'] ?? false,
})

const read = (file: string, env: Readonly<Record<string, string>>): SupervisorSettings => {
  const { values, origins } = loadConfig({ flags: {}, env, file })
  const [program, ...args] = values.hook ?? []
  return {
    hook:
      program === undefined
        ? null
        : {
            argv: [program, ...args],
            states: new Set(values['hook-on'] ?? []),
            limitMs: values['hook-timeout'] ?? 0,
          },
    diskBudget: values['disk-budget'],
    workspaceBaseDir: values['workspace-base-dir'],
    // An empty list allows nothing, one that nobody set allows everything.
    mountRoots: origins['mount-roots'] === 'default' ? null : values['mount-roots'],
    loginIssuer: values['login-issuer'],
    envAllow: origins['env-allow'] === 'default' ? null : values['env-allow'],
    allowedRepositories: origins['allowed-repositories'] === 'default' ? null : values['allowed-repositories'],
    allowedHosts: origins['allowed-hosts'] === 'default' ? null : values['allowed-hosts'],
    company: {
      httpsProxy: values['https-proxy'],
      httpProxy: values['http-proxy'],
      noProxy: origins['no-proxy'] === 'default' ? null : values['no-proxy'],
      caFile: values['ca-file'],
    },
    github: githubOf(values),
    queue: { concurrency: values.concurrency ?? defaultConcurrency().most, labels: values['label-concurrency'] ?? {} },
  }
}

const stampOf = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}

/** The settings that are in force now: the file is read again when it has changed. With a mistake in it the last ones stay. */
export const supervisorSettings = (input: {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  readonly onMistake: (error: unknown) => void
}): (() => SupervisorSettings) => {
  let stamp: string | undefined
  let held = NONE
  return () => {
    const now = stampOf(input.file)
    if (now === stamp) return held
    stamp = now
    try {
      held = read(input.file, input.env)
    } catch (error) {
      input.onMistake(error)
    }
    return held
  }
}
