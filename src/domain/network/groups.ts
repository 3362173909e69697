import { READS } from './methods.ts'
import type { NetworkRule } from './rule.ts'

/** A host of a group. The fields are those of a rule. */
export type GroupHost = Pick<NetworkRule, 'host' | 'tls' | 'methods' | 'paths'>

/** A named set of hosts: what one kind of tool needs to install what a project asks for, or to read from a forge. */
export type Group = { readonly description: string; readonly hosts: readonly GroupHost[] }

/** It serves files and takes none: TLS stays closed. */
const serves = (...hosts: readonly string[]): readonly GroupHost[] => hosts.map((host) => ({ host, tls: 'tunnel' }))
/** It also takes what users publish or write: each request is read, and only reads pass. */
const reads = (...hosts: readonly string[]): readonly GroupHost[] =>
  hosts.map((host) => ({ host, tls: 'inspect', methods: READS }))
/** Only these paths, because strangers store files elsewhere on this host. */
const readsBelow = (host: string, ...paths: readonly string[]): GroupHost => ({
  host,
  tls: 'inspect',
  methods: READS,
  paths,
})

/** The one table of groups; `docs/network-groups.md` is made from it. */
export const GROUPS = {
  npm: {
    description: 'packages of npm, pnpm, Yarn and Bun, and the headers of Node for native addons',
    hosts: [
      ...reads('registry.npmjs.org', 'registry.yarnpkg.com'),
      {
        host: 'registry.npmjs.org',
        tls: 'inspect',
        methods: ['POST'],
        paths: ['/-/npm/v1/security/advisories/bulk', '/-/npm/v1/security/audits/quick'],
      },
      ...serves('nodejs.org'),
    ],
  },
  pypi: {
    description: 'packages of pip, uv, Poetry and PDM',
    hosts: [...reads('pypi.org'), ...serves('files.pythonhosted.org')],
  },
  conda: {
    description: 'packages of conda and mamba',
    hosts: serves('conda.anaconda.org', 'repo.anaconda.com'),
  },
  crates: {
    description: 'packages of Cargo',
    hosts: [...serves('index.crates.io', 'static.crates.io'), ...reads('crates.io')],
  },
  rustup: { description: 'toolchains of Rust', hosts: serves('static.rust-lang.org') },
  go: {
    description: "modules and toolchains of Go, by Google's proxy",
    hosts: [
      ...serves('proxy.golang.org', 'sum.golang.org'),
      readsBelow('storage.googleapis.com', '/proxy-golang-org-prod/*'),
    ],
  },
  maven: { description: 'packages of Maven Central', hosts: serves('repo.maven.apache.org', 'repo1.maven.org') },
  gradle: {
    description: 'packages of Maven Central, plugins and distributions of Gradle',
    hosts: [
      ...serves('repo.maven.apache.org', 'repo1.maven.org', 'services.gradle.org', 'plugins-artifacts.gradle.org'),
      ...reads('plugins.gradle.org'),
      readsBelow('github.com', '/gradle/gradle-distributions/*'),
      readsBelow('release-assets.githubusercontent.com', '/github-production-release-asset/696192900/*'),
    ],
  },
  rubygems: {
    description: 'packages of Bundler and gem',
    hosts: [...reads('rubygems.org'), ...serves('index.rubygems.org')],
  },
  packagist: {
    description: 'the index of Composer; it loads most packages from github',
    hosts: [...serves('repo.packagist.org'), ...reads('packagist.org')],
  },
  nuget: { description: 'packages of .NET', hosts: serves('api.nuget.org', 'globalcdn.nuget.org') },
  hex: {
    description: 'packages of Elixir and Erlang',
    hosts: [...serves('repo.hex.pm', 'builds.hex.pm'), ...reads('hex.pm')],
  },
  debian: { description: 'packages of Debian', hosts: serves('deb.debian.org', 'security.debian.org') },
  ubuntu: {
    description: 'packages of Ubuntu',
    hosts: serves('archive.ubuntu.com', '*.archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com'),
  },
  alpine: { description: 'packages of Alpine', hosts: serves('dl-cdn.alpinelinux.org') },
  browsers: {
    description: 'the browsers that Playwright and Puppeteer download',
    hosts: [
      ...serves('cdn.playwright.dev', 'playwright.download.prss.microsoft.com'),
      readsBelow('storage.googleapis.com', '/chrome-for-testing-public/*'),
    ],
  },
  huggingface: {
    description: 'models and data sets',
    hosts: [...reads('huggingface.co'), ...serves('cdn-lfs.hf.co', 'cas-bridge.xethub.hf.co')],
  },
  github: {
    description: 'repositories, archives, release files and the API of GitHub, for reading',
    hosts: reads(
      'github.com',
      'api.github.com',
      'codeload.github.com',
      'raw.githubusercontent.com',
      'objects.githubusercontent.com',
      'release-assets.githubusercontent.com',
    ),
  },
  gitlab: { description: 'repositories, archives and the API of GitLab, for reading', hosts: reads('gitlab.com') },
  bitbucket: {
    description: 'repositories, archives and the API of Bitbucket, for reading',
    hosts: reads('bitbucket.org', 'api.bitbucket.org'),
  },
  codeberg: {
    description: 'repositories, archives and the API of Codeberg, for reading',
    hosts: reads('codeberg.org'),
  },
} as const satisfies Readonly<Record<string, Group>>

export type GroupName = keyof typeof GROUPS

export const GROUP_NAMES = Object.keys(GROUPS) as readonly GroupName[]

/** The rules that a group stands for. One that denies the group denies every method. */
export const groupRules = (
  name: GroupName,
  { effect, origin }: Pick<NetworkRule, 'effect' | 'origin'>,
): readonly NetworkRule[] =>
  GROUPS[name].hosts.map(({ methods, ...host }: GroupHost) => ({
    effect,
    port: null,
    ...host,
    ...(methods === undefined || effect === 'deny' ? {} : { methods }),
    target: name,
    origin,
  }))

export const isGroup = (word: string): word is GroupName => Object.hasOwn(GROUPS, word)

/** Hosts where anybody can have a repository: a stranger's is as near as the task's own. */
export const FORGES: readonly string[] = [
  'github.com',
  'githubusercontent.com',
  'gitlab.com',
  'bitbucket.org',
  'codeberg.org',
  'huggingface.co',
  'sr.ht',
  'dev.azure.com',
  'visualstudio.com',
  'gitea.com',
  'gitee.com',
  'sourceforge.net',
  'git.code.sf.net',
  'launchpad.net',
  'salsa.debian.org',
  'framagit.org',
  'notabug.org',
]

/** True for a canonical host, or a pattern, that is a forge's: always inspected, read only, no push without the word. */
export const isForge = (host: string): boolean => FORGES.some((forge) => host === forge || host.endsWith(`.${forge}`))

/** What the table says of a host that a user names by itself. */
export const knownHost = (host: string): GroupHost | undefined =>
  GROUP_NAMES.flatMap((name): readonly GroupHost[] => GROUPS[name].hosts).find(
    (known) => known.host === host && known.tls === 'inspect' && known.paths === undefined,
  )
