import { imageReference } from '../../domain/image-reference.ts'
import { pushImage } from '../../install/push-image.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'
import { interruptSignal } from '../interrupt-signal.ts'

export type ImagePushOptions = { readonly to?: string; readonly engine?: string; readonly json?: boolean }

/** Prints the name by which the image can be had from now on: the repository with the digest. */
export const imagePushAction = async (context: Context, image: string, options: ImagePushOptions): Promise<number> => {
  const { to, engine, json = false } = options
  const hint = 'Run the command again: it sends no layer that the registry has.'
  const signal = interruptSignal('the push was interrupted', hint)
  const request = { image, to, engine, uid: context.uid }
  const pushed = await pushImage(request, { ...installation(context).options, signal })
  const reference = `${imageReference(pushed.to)?.name}@${pushed.digest}`
  if (pushed.layers !== null) {
    const { sent, there } = pushed.layers
    context.stderr.write(`berth: layers sent: ${sent}, already in the registry: ${there}\n`)
  }
  context.stdout.write(`${json ? JSON.stringify({ ...pushed, reference }) : reference}\n`)
  return 0
}
