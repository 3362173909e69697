import type { Check } from './check.ts'

type Asked = { readonly kind: string; readonly endpoint: string; readonly seccomp: boolean | null }

/** Whether every engine that answers takes the profile of system calls; nothing where none was asked. */
export const seccompCheck = (engines: readonly Asked[]): readonly Check[] => {
  const asked = engines.filter(({ seccomp }) => seccomp !== null)
  if (asked.length === 0) return []
  const without = asked.filter(({ seccomp }) => seccomp === false).map(({ kind, endpoint }) => `${kind} at ${endpoint}`)
  const ok = without.length === 0
  return [
    {
      name: 'seccomp',
      ok,
      detail: ok
        ? 'every container runs under a profile of system calls'
        : `${without.join(', ')}: takes no profile, so a task there can use every system call of the kernel`,
      fix: ok ? null : 'Take an engine that is built with seccomp, on a kernel with CONFIG_SECCOMP_FILTER.',
    },
  ]
}
