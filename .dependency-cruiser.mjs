// The rooms of src/ and who may import whom; docs/architecture.md has the map.
const adapters = 'providers|engines|git|egress|credentials|store|forges'
const port = `^src/(${adapters})/(provider|engine|git|egress|credential|store|forge)\\.ts$`
const tests = '\\.test\\.ts$'
const rule = (name, from, to) => ({ name, severity: 'error', from: { pathNot: tests, ...from }, to })

/** src/app from above to below; rooms of one line do not meet. */
const APP = ['verbs', 'schedule', 'pool|turn', 'delivery', 'planning', 'container', 'terminal', 'task']
const appRooms = APP.map((room, i) => {
  const above = [...APP.slice(0, i).map((name) => `(${name})/`), 'wire\\.ts', 'use-cases\\.ts'].join('|')
  return rule(
    `app-${room.replace('|', '-and-')}-looks-down`,
    { path: `^src/app/(${room})/` },
    { path: `^src/app/(${above})` },
  )
})

export default {
  forbidden: [
    rule('no-cycles', {}, { circular: true }),
    rule('std-is-leaf', { path: '^src/std/' }, { path: '^src/', pathNot: '^src/std/' }),
    rule('domain-sees-std', { path: '^src/domain/' }, { path: '^src/', pathNot: '^src/(std|domain)/' }),
    rule(
      'pure-has-no-io',
      { path: '^src/(domain|plan|views|providers)/' },
      {
        path: '^(node:)?(fs|child_process|net|tls|dns|http|https|http2|os|worker_threads|sqlite)(/|$)',
        reachable: true,
      },
    ),
    rule(
      'inside-sees-ports',
      { path: '^src/(plan|launch|views|app|api|server|cli)/', pathNot: ['^src/app/wire(-tokens)?\\.ts$', tests] },
      { path: `^src/(${adapters})/`, pathNot: port },
    ),
    rule('config-is-low', { path: '^src/config/' }, { path: '^src/', pathNot: '^src/(std|domain|config)/' }),
    rule('contract-is-low', { path: '^src/api/' }, { path: '^src/', pathNot: '^src/(std|domain|views|api)/' }),
    rule(
      'library-is-a-client',
      { path: '^src/(library/|index\\.ts)' },
      { path: '^src/', pathNot: '^src/(std|domain|views|api|client|library)/' },
    ),
    rule('client-is-low', { path: '^src/client/' }, { path: '^src/', pathNot: '^src/(std|domain|config|api|client)/' }),
    rule(
      'sessions-are-requests',
      { path: '^src/sessions/' },
      { path: '^src/', pathNot: '^src/(std|domain|config|client|sessions)/' },
    ),
    rule(
      'clients-start-without-schemas',
      { path: '^src/((cli|client|library)/|index\\.ts)' },
      { path: '^src/api/', pathNot: '^src/api/headers\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'inside-is-ordered',
      { path: '^src/(plan|views)/' },
      { path: '^src/(launch|app|api|client|server|cli|worker|standalone)/' },
    ),
    rule('launch-is-below-app', { path: '^src/launch/' }, { path: '^src/(app|api|client|server|cli|worker|views)/' }),
    rule(
      'adapters-do-not-meet',
      { path: `^src/(${adapters})/` },
      {
        path: `^src/(${adapters}|config|plan|launch|views|app|api|client|server|cli|worker)/`,
        pathNot: ['^src/$1/', port],
      },
    ),
    rule(
      'entries-are-roots',
      { path: '^src/', pathNot: ['^src/(server|cli|worker|standalone|library)/', '^src/index\\.ts$', tests] },
      {
        path: '^src/((server|cli|worker|standalone|library)/|egress/main|egress/refresh/main|token-daemon/main|index\\.ts)',
      },
    ),
    rule('gateway-is-small', { path: '^src/egress/' }, { path: '^src/', pathNot: '^src/(std|domain|egress)/' }),
    rule(
      'token-daemon-is-small',
      { path: '^src/token-daemon/' },
      { path: '^src/', pathNot: '^src/(std|domain|forges|egress|token-daemon)/' },
    ),
    rule(
      'token-daemon-is-behind-its-port',
      { path: '^src/', pathNot: ['^src/token-daemon/', '^src/app/wire-tokens\\.ts$', tests] },
      { path: '^src/token-daemon/', pathNot: '^src/token-daemon/(token-daemon|protocol)\\.ts$' },
    ),
    rule(
      'entries-do-not-meet',
      { path: '^src/(server|cli|worker|standalone|library)/' },
      { path: '^src/(server|cli|worker|standalone|library)/', pathNot: '^src/$1/' },
    ),
    rule(
      'conformance-is-small',
      { path: '^src/conformance/' },
      { path: '^src/', pathNot: '^src/(std|domain|conformance)/' },
    ),
    rule('worker-is-small', { path: '^src/worker/' }, { path: '^src/', pathNot: '^src/(std|domain|inside|worker)/' }),
    rule('container-room-is-low', { path: '^src/inside/' }, { path: '^src/', pathNot: '^src/(std|domain|inside)/' }),
    rule(
      'container-room-is-for-two',
      { path: '^src/', pathNot: ['^src/(inside|worker|standalone)/', tests] },
      { path: '^src/inside/' },
    ),
    rule(
      'standalone-is-alone',
      { path: '^src/standalone/' },
      { path: '^src/', pathNot: '^src/(std|domain|providers|plan|views|inside|standalone)/' },
    ),
    rule(
      'pool-and-turn-do-not-meet',
      { path: '^src/app/(pool|turn)/' },
      { path: '^src/app/(pool|turn)/', pathNot: '^src/app/$1/' },
    ),
    ...appRooms,
    rule('tests-are-not-imported', { path: '^src/' }, { path: `^test/|${tests}` }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
