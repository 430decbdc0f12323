import { runHardhat } from "./hardhat.js";
import { fail, step } from "./terminal.js";

const PROFILES = {
  /** Contracts and tests, quickly. */
  fast: {
    text: "Compiling contracts and tests (fast profile), writing typechain-types/",
    args: ["build"],
  },
  /** The contracts alone, for a chain that is wanted at once. */
  contracts: {
    text: "Compiling the contracts (fast profile), writing typechain-types/",
    args: ["build", "--no-tests"],
  },
  /** The contracts, as they are deployed. */
  production: {
    text: "Compiling what is deployed (production profile, via IR)",
    args: ["build", "--build-profile", "production", "--no-tests"],
  },
} as const;

/**
 * Compiles, and refreshes artifacts/ and typechain-types/. The typings carry bytecode too: a script that
 * deploys through them imports them after this, not at its top.
 */
export async function build(profile: keyof typeof PROFILES): Promise<void> {
  const { text, args } = PROFILES[profile];
  await step(text, async () => {
    const { ok, output } = await runHardhat(args);
    if (ok) return;
    console.error(output);
    fail("Correct the first error above, then run `npm run build` again.");
  });
}
