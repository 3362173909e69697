/** Major and minor numbers of mem, kmem, port and kmsg: all of the machine's memory, and its kernel's log. */
const WHOLE_MACHINE: readonly string[] = ['1:1', '1:2', '1:4', '1:11']
/** Major number of sg: a disk by its own commands. */
const DISK_COMMANDS = 21

/** Why no policy gives a character device of that number to a task; undefined: one may. */
export const deviceNumberFault = (rdev: number): string | undefined => {
  const [major, minor] = [(rdev >> 8) & 0xfff, rdev & 0xff]
  if (major === DISK_COMMANDS)
    return 'this sends commands to a disk, and no policy gives a disk of this machine to a task'
  return WHOLE_MACHINE.includes(`${major}:${minor}`)
    ? "this is the machine's memory or its kernel's log, and no policy gives that to a task"
    : undefined
}
