import type { FrameBody } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'

/** What the host is told of work that could not be kept; `folder`: of one repository among several. */
export const finishFailure = (error: unknown, folder?: string): Extract<FrameBody, { k: 'fail' }> => {
  const message = errorMessage(error)
  const stage = message.startsWith('bundled') ? 'bundle' : 'commit'
  return { k: 'fail', stage, message: folder === undefined ? message : `${folder}: ${message}` }
}
