import type { WorkOrder } from '../domain/worker-protocol.ts'

/** The order with the port that was chosen, where it names none. */
export const placePort = (order: WorkOrder, port: number): WorkOrder => {
  const { run } = order
  if (run === null) return order
  const put = (text: string) => text.replaceAll(/\b127\.0\.0\.1:0(?!\d)/g, `127.0.0.1:${port}`)
  const [program, ...args] = run.argv
  return {
    ...order,
    run: {
      ...run,
      argv: [program, ...args.map(put)],
      env: Object.fromEntries(Object.entries(run.env).map(([name, value]) => [name, put(value)])),
      files: run.files.map((file) => ({ ...file, text: put(file.text) })),
    },
  }
}
