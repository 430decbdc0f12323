import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";

/** Writes a file that is there when it is finished and not before: half of one must not be taken for it. */
export async function writeWhole<T>(
  file: string,
  write: (partial: FileHandle) => Promise<T>,
): Promise<T> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    const handle = await open(partial, "wx+");
    const result = await write(handle).finally(() => handle.close());
    await rename(partial, file);
    return result;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
