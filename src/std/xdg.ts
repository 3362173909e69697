import { isAbsolute, join, resolve } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

const absolute = (value: string | undefined) => (value !== undefined && isAbsolute(value) ? value : undefined)

/** Base folders by the XDG rules (the same on macOS); a relative value is ignored, as the rules ask. */
export const xdg = (env: Env, home: string) => ({
  config: absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'),
  state: absolute(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state'),
  data: absolute(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'),
  cache: absolute(env['XDG_CACHE_HOME']) ?? join(home, '.cache'),
  runtime: absolute(env['XDG_RUNTIME_DIR']) ?? null,
})

/** Where Berth's files are: all below BERTH_HOME where it is set, else in the XDG folders. */
export const berthFolders = (env: Env, home: string): { readonly configFile: string; readonly state: string } => {
  const own = env['BERTH_HOME']
  if (own !== undefined && own !== '') {
    const folder = resolve(own)
    return { configFile: join(folder, 'config.toml'), state: folder }
  }
  const base = xdg(env, home)
  return { configFile: join(base.config, 'berth', 'config.toml'), state: join(base.state, 'berth') }
}
