/** Where a repository may say what its tasks need. */
export const PROJECT_FILE = '.berth/config.toml'
/** Bytes of it that Berth reads. */
export const PROJECT_FILE_LIMIT = 64 * 1024

/** What a repository's own file says. It is a stranger's: a deny holds, an allow is a wish. */
export type ProjectRules = { readonly deny: readonly string[]; readonly allow: readonly string[] }

/** What Berth reads of a repository before the agent begins. */
export type Project = ProjectRules & {
  /** The lock files in the top folder. */
  readonly locks: readonly string[]
}

/** The group that a project with such a file in its top folder installs from. */
export const LOCK_FILES: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'npm',
  'yarn.lock': 'npm',
  'bun.lock': 'npm',
  'bun.lockb': 'npm',
  'Cargo.lock': 'crates',
  'go.sum': 'go',
  'poetry.lock': 'pypi',
  'uv.lock': 'pypi',
  'pdm.lock': 'pypi',
  'Pipfile.lock': 'pypi',
  'requirements.txt': 'pypi',
  'Gemfile.lock': 'rubygems',
  'pom.xml': 'maven',
  'gradle.lockfile': 'gradle',
  'build.gradle': 'gradle',
  'build.gradle.kts': 'gradle',
  'composer.lock': 'packagist',
  'mix.lock': 'hex',
  'packages.lock.json': 'nuget',
}

export const isLockFile = (name: string): boolean => Object.hasOwn(LOCK_FILES, name)

/** The group that a lock file installs from. */
export const groupOfLock = (name: string): string | undefined => (isLockFile(name) ? LOCK_FILES[name] : undefined)
