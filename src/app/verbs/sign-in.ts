import type { Socket } from 'node:net'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { newTaskFolders } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Facts } from '../../plan/facts.ts'
import { planSignIn, type SignInProgram, signInRequest } from '../../plan/plan-sign-in.ts'
import type { LoginService, Provider } from '../../providers/provider.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Deps } from '../deps.ts'
import { refuseRules } from '../planning/allowed-places.ts'
import { observePlace } from '../planning/observe-place.ts'
import { refuseFullDisk } from '../planning/workspace-base.ts'
import { loginServiceOf, refuseLoginName } from './login-service.ts'
import { loginFailed, newLogin } from './new-login.ts'
import { programWords } from './program-words.ts'
import { signInContainer } from './sign-in-container.ts'
import { takenFile } from './taken-file.ts'

/** A person takes as long as that; codes expire before. */
const LIMIT_MS = 30 * 60_000
const END_MS = 60_000

export type SignInAsked = {
  readonly provider: string
  readonly service?: string | undefined
  readonly name: string
  readonly browser: boolean
  /** Whether the caller has a terminal. */
  readonly terminal: boolean
}

/** A CLI that signs in, in a container of its own. Nothing is left of it when it is disposed of. */
export type SignIn = AsyncDisposable & {
  /** By which the callback port is reached. */
  readonly id: string
  readonly callbackPort: number | null
  readonly program: SignInProgram
  /** To the worker that runs the program; it speaks the frames of `exec-frame.ts`. */
  readonly connection: Socket
  /** Takes the credential file and stores the login. `code`: how the CLI ended. */
  finish(code: number | null): Promise<Login>
}

type Where = Pick<Deps, 'clock' | 'config' | 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'logins'>
type Input = {
  readonly deps: Where
  readonly request: TaskRequest
  readonly caller: CallerContext
  readonly signal: AbortSignal
}

/** What is wrong with the question, before anything is made. */
const refuse = (
  deps: Pick<Deps, 'config'>,
  { name, browser, terminal }: SignInAsked,
  { provider, service }: { readonly provider: Provider; readonly service: LoginService },
): void => {
  const { signIn, title } = service
  refuseLoginName(name)
  if (browser && signIn.callbackPort === undefined)
    throw new BerthError('bad-request', `--browser: ${provider.title} logs in to ${title} by a code alone`, {
      hint: 'Leave the flag out: open the address that is shown in any browser.',
    })
  if (!terminal && signIn.inPipes !== true)
    throw new BerthError('no-terminal', `${provider.title} logs in on a terminal, and this is none`, {
      hint: `Run \`berth auth login ${provider.id}\` in a terminal.`,
    })
  if (deps.config.settings().loginIssuer !== null && browser)
    throw new BerthError('bad-request', '--browser: this flow takes no address of `login-issuer`', {
      hint: 'Leave the flag out.',
    })
}

const factsOf = async (
  { deps, request, caller, signal }: Input,
  provider: Provider,
  task: string,
): Promise<{ readonly facts: Facts; readonly engine: Engine }> => {
  const place = await observePlace({ deps, request, provider, base: null, caller, signal })
  const facts: Facts = {
    task,
    ...place.facts,
    caller: { uid: caller.uid, gid: caller.gid },
    identity: { name: 'Berth', email: 'berth@localhost', fallback: false },
    source: { kind: 'none' },
    project: { locks: [], deny: [], allow: [] },
    folders: newTaskFolders(deps.installation.folders, task, null),
    key: null,
    home: null,
  }
  return { facts, engine: place.engine }
}

/** Starts the CLI's own login on the caller's terminal. A login of the same name is replaced at the end, if it worked. */
export const signIn = async (input: Input, asked: SignInAsked): Promise<SignIn> => {
  const { deps, caller } = input
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
  const { provider, service } = loginServiceOf(deps, asked.provider, asked.service)
  refuse(deps, asked, { provider, service })
  const { allowedHosts, loginIssuer: issuer } = deps.config.settings()
  await refuseFullDisk(deps.installation.folders.state)
  const about = { provider: provider.id, name: asked.name, kind: 'subscription', service: service.id, issuer } as const
  const request = signInRequest(input.request, provider)
  const task = deps.clock.newId()
  const { facts, engine } = await factsOf({ ...input, request }, provider, task)
  const { plan, program } = planSignIn({ request, facts, provider }, service, { browser: asked.browser, issuer })
  refuseRules(allowedHosts, plan.network?.rules ?? [])
  const words = await programWords(service, facts.toolbox.path).catch((error: unknown) => {
    throw loginFailed(about, errorMessage(error), error)
  })
  const company = deps.config.companyNetwork(caller.env)
  const made = await signInContainer(deps, { plan, engine, company }, service.signIn.files, signal)
  const dispose = made[Symbol.asyncDispose]
  try {
    const connection = await deps.egress.dial(task, { kind: 'program' }, signal)
    return {
      id: task,
      callbackPort: asked.browser ? (service.signIn.callbackPort ?? null) : null,
      program,
      connection,
      async finish(code) {
        const ending = AbortSignal.any([signal, AbortSignal.timeout(END_MS)])
        const text = await takenFile({ plan, engine, container: made.container }, ending).catch((error: unknown) => {
          throw loginFailed(about, errorMessage(error), error)
        })
        if (text === null)
          throw loginFailed(about, `its CLI ended with exit code ${code ?? 'unknown'} and left no login`)
        const now = deps.clock.now()
        const read = () => {
          const part = service.file.read(text, now)
          return { ...part, extra: { ...part.extra, ...words } }
        }
        const login = newLogin(about, read, now)
        await deps.logins.put(login)
        return login
      },
      async [Symbol.asyncDispose]() {
        connection.destroy()
        await dispose()
      },
    }
  } catch (error) {
    await dispose()
    throw error
  }
}
