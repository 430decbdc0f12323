import { parseArgs } from "node:util";

import { build } from "./lib/build.js";
import { heading, main, note } from "./lib/terminal.js";

await main(async () => {
  const { values } = parseArgs({ options: { "no-build": { type: "boolean" } } });
  heading(
    "DeFIoT",
    "devices, their data, who owns them and what secures them, told and checked on a chain in this process",
  );
  if (values["no-build"] === true)
    note("Not built anew: gas is exact on the production build only.");
  else await build("production");
  // Only now: the typings that the story deploys through carry the bytecode just built.
  const { run } = await import("./demo/run.js");
  await run();
});
