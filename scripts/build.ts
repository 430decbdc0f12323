import { parseArgs } from "node:util";

import { build } from "./lib/build.js";
import { heading, main } from "./lib/terminal.js";

await main(async () => {
  const { values } = parseArgs({ options: { production: { type: "boolean" } } });
  heading("Build", "compiles the contracts and writes the typings that dApps import");
  await build(values.production === true ? "production" : "fast");
});
