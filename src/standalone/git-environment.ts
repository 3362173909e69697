import type { RemoteLogin } from './split-login.ts'

const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$BERTH_GIT_USER" "$BERTH_GIT_PASSWORD"; }; f`

/** Further settings of git's configuration, behind those that the environment has already. */
const withSettings = (
  env: Readonly<Record<string, string>>,
  settings: readonly (readonly [key: string, value: string])[],
): Readonly<Record<string, string>> => {
  const first = Number.parseInt(env['GIT_CONFIG_COUNT'] ?? '0', 10) || 0
  return {
    GIT_CONFIG_COUNT: String(first + settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], n) => [
        [`GIT_CONFIG_KEY_${first + n}`, key],
        [`GIT_CONFIG_VALUE_${first + n}`, value],
      ]),
    ),
  }
}

/** With the user's name the helpers that git has already find its password; ours is asked last. */
const loginSettings = (origin: string, { user }: RemoteLogin): readonly (readonly [string, string])[] => [
  ...(user === '' ? [] : ([[`credential.${origin}.username`, user]] as const)),
  [`credential.${origin}.helper`, HELPER],
]

/** The environment of our own calls of git: they ask nobody, trust every folder, and know the login of the address. */
export const gitEnvironment = (
  env: Readonly<Record<string, string>>,
  work: string,
  url: string | null,
  login: RemoteLogin | null,
): Readonly<Record<string, string>> => ({
  GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  ...env,
  GIT_TERMINAL_PROMPT: '0',
  GCM_INTERACTIVE: 'never',
  SSH_ASKPASS_REQUIRE: 'never',
  LC_ALL: 'C',
  // A repository above the folder is none of ours.
  GIT_CEILING_DIRECTORIES: work,
  ...withSettings(env, [
    ['safe.directory', '*'],
    ['advice.detachedHead', 'false'],
    ...(login === null || url === null ? [] : loginSettings(new URL(url).origin, login)),
  ]),
  ...(login === null ? {} : { BERTH_GIT_USER: login.user, BERTH_GIT_PASSWORD: login.password }),
})
