import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { xdg } from '../std/xdg.ts'
import { COMPLETION_SCRIPTS } from './completion-script.ts'

type Env = Readonly<Record<string, string | undefined>>
type Place = { readonly path: string; readonly loaded: string }

/** Where a shell finds completions of the user's own, and when it does. */
const PLACES: Readonly<Record<string, (folders: { data: string; config: string; env: Env }) => Place>> = {
  bash: ({ data, env }) => ({
    path: join(env['BASH_COMPLETION_USER_DIR'] || join(data, 'bash-completion'), 'completions/berth'),
    loaded: 'A new bash loads it, if the package bash-completion is installed.',
  }),
  zsh: ({ data }) => {
    const folder = join(data, 'zsh/site-functions')
    const quoted = `'${folder.replaceAll("'", "'\\''")}'`
    return {
      path: join(folder, '_berth'),
      loaded: `A new zsh loads it, if ~/.zshrc has this line before compinit: fpath+=(${quoted})`,
    }
  },
  fish: ({ config }) => ({ path: join(config, 'fish/completions/berth.fish'), loaded: 'A new fish loads it.' }),
}

const MARK = '# Written by `berth completion --install`; `berth uninstall` removes it.'

/** The script with its mark, behind the line that zsh reads first. */
const marked = (script: string): string => {
  const [first = '', ...rest] = script.split('\n')
  return first.startsWith('#compdef') ? [first, MARK, ...rest].join('\n') : `${MARK}\n${script}`
}

const textAt = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export type CompletionFile = Place & {
  readonly shell: string
  /** What it is to hold. */
  readonly script: string
  /** `own`: of this or an older Berth; `foreign`: made by somebody else. */
  readonly there: 'nothing' | 'current' | 'own' | 'foreign'
}

const stateOf = (text: string | null, script: string, plain: string): CompletionFile['there'] => {
  if (text === null) return 'nothing'
  if (text === script) return 'current'
  return text.includes(MARK) || text === plain ? 'own' : 'foreign'
}

/** The file of a shell's completion in the user's own folder; undefined for a shell that Berth does not know. */
export const completionFile = (shell: string, env: Env, home: string): CompletionFile | undefined => {
  const plain = COMPLETION_SCRIPTS[shell]
  const place = PLACES[shell]
  if (plain === undefined || place === undefined) return undefined
  const { config, data } = xdg(env, home)
  const script = marked(plain)
  const { path, loaded } = place({ data, config, env })
  return { shell, path, loaded, script, there: stateOf(textAt(path), script, plain) }
}
