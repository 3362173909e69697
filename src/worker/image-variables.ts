/** In front of the image's variables while the worker runs: `start` of the toolbox renames them. */
const PREFIX = 'berth.image.'
/** Where the image lies about its user: Berth has chosen home and user, and with them where programs keep their files. */
const OF_THE_USER = /^(HOME|USER|LOGNAME|MAIL|PWD|OLDPWD|XDG_[A-Z_]+)$/
/** What steers an agent's CLI: its model, its key, its folders. A task's own come with the order. */
const OF_AN_AGENT =
  /^(ANTHROPIC|BERTH|CLAUDE|CLAUDECODE|CODE_ASSIST|CODEX|GEMINI|GOOGLE_GEMINI|GOOGLE_GENAI|OPENAI|OPENCODE)(_|$)|^GOOGLE_API_KEY$/
const PROXY = /^(ALL|HTTP|HTTPS)_PROXY$/i
const NO_PROXY = /^NO_PROXY$/i
/** The model is on the loopback: no proxy of the image leads there. */
const LOOPBACK = '127.0.0.1,localhost,::1,[::1]'

type Variables = Readonly<Record<string, string>>

const beyondProxy = (variables: Variables): Variables => {
  const names = Object.keys(variables)
  if (!names.some((name) => PROXY.test(name))) return {}
  const given = names.filter((name) => NO_PROXY.test(name)).map((name) => variables[name])
  const all = [LOOPBACK, ...given].filter(Boolean).join(',')
  return { NO_PROXY: all, no_proxy: all }
}

/** The image's own variables, for the agent and its commands; none where the worker runs on the host. */
export const imageVariables = (env: Readonly<Record<string, string | undefined>>): Variables => {
  const own = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && value !== undefined ? [[name.slice(PREFIX.length), value] as const] : [],
  )
  const passed = Object.fromEntries(own.filter(([name]) => !OF_THE_USER.test(name) && !OF_AN_AGENT.test(name)))
  return { ...passed, ...beyondProxy(passed) }
}
