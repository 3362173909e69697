/** Calls `end` when nothing was held and nothing busy for `ms`. */
export const idleWatch = (input: { readonly ms: number; readonly busy: () => boolean; readonly end: () => void }) => {
  let held = 0
  let timer: NodeJS.Timeout | undefined
  const touch = () => {
    clearTimeout(timer)
    timer = undefined
    if (held === 0 && !input.busy()) timer = setTimeout(input.end, input.ms)
  }
  return {
    touch,
    /** Keeps the process until the returned function is called. */
    hold: () => {
      held += 1
      touch()
      let open = true
      return () => {
        if (!open) return
        open = false
        held -= 1
        touch()
      }
    },
  }
}
