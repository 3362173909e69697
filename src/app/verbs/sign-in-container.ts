import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CompanyNetwork } from '../../domain/company-network.ts'
import type { Engine } from '../../engines/engine.ts'
import { NO_KEY } from '../../launch/gateway-task.ts'
import { launch } from '../../launch/launch.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LoginService } from '../../providers/provider.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { overRestart } from '../container/engine-retry.ts'
import { recordSignIn, removeSignIn } from '../container/sign-in-record.ts'
import type { Deps } from '../deps.ts'

const MINUTE_MS = 60_000
const HOME_MODE = 0o755

type Files = LoginService['signIn']['files']

/** Writes what the CLI finds in its home, for the container's user. No container has the folder yet. */
const putFiles = async ({ folders: { home }, owner }: Plan, files: Files): Promise<void> => {
  const give = async (path: string, mode: number) => {
    await chmod(path, mode)
    if (owner !== null) await chown(path, owner.uid, owner.gid)
  }
  await mkdir(home, { recursive: true })
  await give(home, HOME_MODE)
  for (const { path, text, mode } of files) {
    const target = join(home, path)
    await mkdir(dirname(target), { recursive: true })
    await give(dirname(target), 0o700)
    await writeFile(target, text)
    await give(target, mode)
  }
}

/** Starts the container and its way out. When it is disposed of, nothing of it is left. */
export const signInContainer = async (
  deps: Pick<Deps, 'egress' | 'git' | 'installation' | 'log'>,
  { plan, engine, company }: { readonly plan: Plan; readonly engine: Engine; readonly company: CompanyNetwork },
  files: Files,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly container: string }> => {
  const { installation, git, egress } = deps
  const { folders } = installation
  const { task } = plan
  const remove = (): Promise<void> =>
    overRestart(
      () => removeSignIn(deps, { id: task, engine, folder: plan.folders.task, late: false }),
      AbortSignal.timeout(MINUTE_MS),
    ).catch((error: unknown) =>
      // What stays is removed by the next supervisor.
      deps.log({ level: 'error', msg: 'sign-in', task, error: String(error) }),
    )
  await recordSignIn(folders, task, plan.engine)
  try {
    await putFiles(plan, files)
    const { container } = await launch({
      callerEnv: {},
      prompt: '',
      key: NO_KEY,
      company,
      addedRules: async () => [],
      liveRules: () => [],
      env: {},
      adopted: null,
      onContainer: () => {},
      emit: () => {},
      plan,
      engine,
      git,
      egress,
      mirrorsDir: `${folders.state}/mirrors`,
      signal,
    })
    faultPoint('sign-in.started')
    return { container, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
