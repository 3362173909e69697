import { writeFileSync } from 'node:fs'

/** Where memory runs out, the kernel shall take this program or its children, and leave us to bring out the work. */
export const offerFirst = (pid: number): void => {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500')
  } catch {
    // It has ended already.
  }
}
