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
        ? 'every container runs with a seccomp profile'
        : `${without.join(', ')}: accepts no seccomp profile, so a task there can use every system call of the kernel`,
      fix: ok ? null : 'Use an engine built with seccomp, on a kernel with CONFIG_SECCOMP_FILTER.',
    },
  ]
}
