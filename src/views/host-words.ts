/** What is said, beside all else, of a task that has no container. */
export const hostWords = ({ isolation }: { readonly isolation: string }): string | null =>
  isolation === 'host'
    ? 'this task runs on the host without a sandbox: the agent has your rights, and only the rules of its own CLI hold it back'
    : null
