import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder of one's own, until `remove`. */
export interface TemporaryFolder {
  path: (name: string) => string;
  write: (name: string, content: string | Uint8Array) => Promise<string>;
  remove: () => Promise<void>;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), "defiot-"));
  return {
    path: (name) => path.join(folder, name),
    write: async (name, content) => {
      const file = path.join(folder, name);
      await writeFile(file, content);
      return file;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
