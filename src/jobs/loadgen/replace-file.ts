import { open, rename } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

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

/** A measurement of an hour must not be lost to a file server that is away for a moment: tried again for a minute. */
export async function keepFile(path: string, text: string, tries = 60, pauseMs = 1_000): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      return await replaceFile(path, text);
    } catch (error) {
      if (left <= 0) throw error;
      await pause(pauseMs);
    }
  }
}
