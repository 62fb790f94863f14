import { open, rename } from 'node:fs/promises';

/** Writes a whole file or leaves the old one: whoever reads it meanwhile never sees half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    // Without it a node that dies can leave the new name on an empty file.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
