import type { TaskRequest } from '../../domain/request.ts'
import type { Facts } from '../../plan/facts.ts'
import { findZone } from './find-zone.ts'
import { readSeccomp } from './read-seccomp.ts'

/** Reads the files of this machine that the task's hardening and time zone name; BerthError where one is no such file. */
export const readHardening = async ({
  seccompProfile,
  timezone,
}: TaskRequest): Promise<NonNullable<Facts['hardening']>> => {
  const [seccomp, zoneFile] = await Promise.all([
    seccompProfile === undefined ? undefined : readSeccomp(seccompProfile),
    timezone === undefined ? undefined : findZone(timezone),
  ])
  return {
    ...(seccomp && { seccomp }),
    ...(zoneFile !== undefined && { zoneFile }),
  }
}
