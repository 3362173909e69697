import { chmod, writeFile } from 'node:fs/promises'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { Plan } from '../plan/plan.ts'
import { moveIn } from '../std/mounted-folder.ts'

/** Puts a worker's order into an exchange folder, complete or not at all: whoever waits for the file may begin. */
export const writeOrder = async (
  { folders, owner, container }: Plan,
  { exchange, file, order }: { readonly exchange: string; readonly file: string; readonly order: WorkOrder },
): Promise<void> => {
  const temporary = `${folders.task}/order.tmp`
  await writeFile(temporary, JSON.stringify(order), { mode: 0o600 })
  await chmod(temporary, owner === null && container.userNamespace !== 'none' ? 0o600 : 0o644)
  moveIn(exchange, file, temporary)
}
