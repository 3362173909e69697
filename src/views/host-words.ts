/** What is said, beside all else, of a task that has no container. */
export const hostWords = ({ isolation }: { readonly isolation: string }): string | null =>
  isolation === 'host'
    ? 'this task runs on the host without a sandbox: the agent has your rights, and only what its own CLI forbids holds it back'
    : null
