import type { ContainerSpec } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { gpuWords } from '../../domain/gpu-words.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Trial } from '../deps.ts'
import { runProbe } from './run-probe.ts'

type Asked = Pick<ContainerSpec, 'gpus' | 'runtime'>

const refuseUnnamed = ({ info }: Trial, runtime: string): void => {
  if (info.runtimes.includes(runtime)) return
  throw new BerthError(
    'unknown-runtime',
    `--runtime ${runtime}: ${info.kind} does not know this runtime; it has ${info.runtimes.join(', ')}`,
  )
}

const refuseRuntime = ({ info }: Trial, runtime: string, text: string): never => {
  throw new BerthError('engine-error', `--runtime ${runtime}: ${info.kind} cannot run a container with it: ${text}`, {
    hint: 'Run a container with this runtime yourself to see more, or leave --runtime out.',
  })
}

/** What went wrong, in the engine's or the program's words; undefined: the container ran. */
const failureOf = async (state: string, trial: Trial, more: Asked): Promise<string | undefined> => {
  const { signal } = trial
  try {
    const { code, text } = await runProbe({ state, trial, script: 'process.exit(0)', more }, signal)
    return code === 0 ? undefined : text || `exit code ${code}`
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof BerthError && error.row.retry && error.code !== 'engine-error') throw error
    return errorMessage(error)
  }
}

/**
 * Refuses an OCI runtime that the engine does not know, and GPUs that it cannot give, by trying both. What worked is
 * remembered for as long as the supervisor lives.
 */
export const machineChecker = (state: string) => {
  const known = new Set<string>()
  const tried = async (trial: Trial, asked: Asked): Promise<string | undefined> => {
    const { engine, info, image } = trial
    const key = JSON.stringify([engine.endpoint, info.version, image.id, asked])
    if (known.has(key)) return undefined
    const text = await failureOf(state, trial, asked)
    if (text === undefined) known.add(key)
    return text
  }
  return async (trial: Trial, { gpus, runtime }: Asked): Promise<void> => {
    const withRuntime = runtime === undefined ? {} : { runtime }
    if (runtime !== undefined) {
      refuseUnnamed(trial, runtime)
      const text = await tried(trial, withRuntime)
      if (text !== undefined) refuseRuntime(trial, runtime, text)
    }
    if (gpus === undefined) return
    const text = await tried(trial, { ...withRuntime, gpus })
    if (text === undefined) return
    throw new BerthError(
      'no-gpu-runtime',
      `--gpus ${gpuWords(gpus)}: ${trial.info.kind} cannot give GPUs to a container: ${text}`,
    )
  }
}
