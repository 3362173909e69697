import { BerthError } from '../../domain/errors.ts'

/** True for the error of an engine that does not answer: what becomes of its containers is not known. */
export const engineAway = (error: unknown): boolean =>
  error instanceof BerthError && (error.code === 'engine-down' || error.code === 'engine-timeout')
