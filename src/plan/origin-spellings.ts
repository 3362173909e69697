/** How an address of the task's repository may be written inside a sandbox. */
export type OriginSpellings = {
  /** All of them, without what git servers ignore at the end: slashes, then `.git`. */
  readonly all: readonly string[]
  /** Those among them that git reaches by http or https. */
  readonly web: readonly string[]
}

const WEB = /^(https?):\/\/(?:([^/@]*)@)?([^/@]+)(\/.*)$/i
const SSH = /^(?:ssh|git\+ssh|ssh\+git):\/\/(?:([^/@]*)@)?(\[[^\]]*\]|[^/:@]+)(?::(\d+))?(\/.*)$/i
const SCP = /^(?:([^/:@]*)@)?(\[[^\]]*\]|[^/:@]+):(?!\/\/)(.*)$/

const trimmed = (url: string): string => url.replace(/\/+$/, '').replace(/\.git$/, '')

const webForms = (scheme: string, user: string | undefined, host: string, path: string): readonly string[] =>
  [host, host.toLowerCase()].flatMap((name) => [
    ...(user === undefined ? [] : [`${scheme}://${user}@${name}${path}`]),
    `${scheme}://${name}${path}`,
  ])

/** As `git-remote-berth` names an address when git calls it in place of ssh: `USER@HOST:PATH`, `USER@HOST:PORT:PATH`. */
const sshForm = (user: string | undefined, host: string, port: string | undefined, path: string): string => {
  const name = `${user === undefined ? '' : `${user}@`}${host.replace(/^\[|\]$/g, '')}`.toLowerCase()
  return `${name}:${port === undefined ? '' : `${port}:`}${path.replace(/^\/(?=~)/, '')}`
}

/** A server with the user `git` is a forge; there a path means the same with and without a slash at its beginning. */
const forgeForms = (host: string, port: string | undefined, path: string): readonly string[] =>
  ['', '/'].map((slash) => sshForm('git', host, port, `${slash}${path.replace(/^\/+/, '')}`))

const sshForms = (user: string | undefined, host: string, port: string | undefined, path: string): readonly string[] =>
  user === 'git' ? forgeForms(host, port, path) : [sshForm(user, host, port, path)]

/** Each address that is served from the mirror. `url` is the repository's, without a password. */
export const originSpellings = (url: string): OriginSpellings => {
  const plain = trimmed(url)
  const web = WEB.exec(plain)
  if (web !== null) {
    const [, scheme = '', user, host = '', path = ''] = web
    const forms = [...new Set([plain, ...webForms(scheme, user, host, path)])]
    return { all: [...forms, ...(host.includes(':') ? [] : forgeForms(host, undefined, path))], web: forms }
  }
  const [, user, host = '', port, path = ''] = SSH.exec(plain) ?? []
  if (path !== '') return { all: [plain, ...sshForms(user, host, port, path)], web: [] }
  const [, scpUser, scpHost = '', scpPath = ''] = plain.startsWith('/') ? [] : (SCP.exec(plain) ?? [])
  if (scpPath === '') return { all: [plain], web: [] }
  return { all: [...new Set([plain, ...sshForms(scpUser, scpHost, undefined, scpPath)])], web: [] }
}
