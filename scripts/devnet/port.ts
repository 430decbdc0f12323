import { once } from "node:events";
import { createServer } from "node:net";

/** Whether nothing on this machine listens on the port. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
