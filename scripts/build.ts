import { parseArgs } from "node:util";

import { runHardhat } from "./lib/hardhat.js";
import { fail, heading, main, step } from "./lib/terminal.js";

const fast = {
  text: "Compiling contracts and tests (fast profile), writing typechain-types/",
  args: ["build"],
};
const production = {
  text: "Compiling what is deployed (production profile, via IR)",
  args: ["build", "--build-profile", "production", "--no-tests"],
};

await main(async () => {
  const { values } = parseArgs({ options: { production: { type: "boolean" } } });
  const profile = values.production === true ? production : fast;
  heading("Build", "compiles the contracts and writes the typings that dApps import");

  await step(profile.text, async () => {
    const build = await runHardhat(profile.args);
    if (build.ok) return;
    console.error(build.output);
    fail("Correct the first error above, then run `npm run build` again.");
  });
});
