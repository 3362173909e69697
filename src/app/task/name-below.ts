/** A name of git's lists of files, below the folder that its repository lies in. */
export const nameBelow = (name: string, folder: string): string =>
  name.startsWith('"') ? `"${folder}/${name.slice(1)}` : `${folder}/${name}`
