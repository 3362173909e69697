/**
 * The caller context, as the CLI sends it with a request that makes or changes a task. Kept in memory for that task,
 * never written. `env` holds a listed set of variables and those named by --env.
 */
export type CallerContext = {
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly env: Readonly<Record<string, string>>
}

const LISTED = new Set([
  'HOME',
  'USER',
  'LOGNAME',
  'PATH',
  'LANG',
  'SSH_AUTH_SOCK',
  'SSH_AGENT_PID',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'REGISTRY_AUTH_FILE',
  'CONTAINER_HOST',
  'PODMAN_HOST',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  // What password managers ask for.
  'GNUPGHOME',
  'GPG_TTY',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'DBUS_SESSION_BUS_ADDRESS',
  'PASSWORD_STORE_DIR',
  'BW_SESSION',
  'OP_SERVICE_ACCOUNT_TOKEN',
  'VAULT_ADDR',
  'VAULT_TOKEN',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CURL_CA_BUNDLE',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'GEMINI_API_KEY',
  'GH_TOKEN',
  'GITHUB_TOKEN',
  'GITLAB_TOKEN',
  // Where the user's own agents keep their logins.
  'CODEX_HOME',
  'CLAUDE_CONFIG_DIR',
  'BERTH_HOME',
  'BERTH_INSTALL_DIR',
])

/** The part of a process' environment that goes with a request: the listed set, GIT_*, BERTH_*, *_API_KEY and the named ones. */
export const callerEnv = (
  env: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): Record<string, string> => {
  const wanted = new Set(named)
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (
      value !== undefined &&
      (LISTED.has(name) ||
        name.startsWith('GIT_') ||
        name.startsWith('BERTH_') ||
        name.endsWith('_API_KEY') ||
        wanted.has(name))
    )
      out[name] = value
  }
  return out
}
