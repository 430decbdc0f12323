import hre from "hardhat";

import { namedAccounts } from "../lib/accounts.js";
import { deploySuite } from "../lib/deploy.js";
import { step } from "../lib/terminal.js";
import { close } from "./closing.js";
import { data } from "./data/index.js";
import { identity } from "./identity/index.js";
import { ownership } from "./ownership/index.js";
import { staking } from "./staking/index.js";
import { Story } from "./story.js";

/** Every domain's part of the story, in order. A domain that needs devices registers its own. */
const DOMAINS: readonly ((story: Story) => Promise<void>)[] = [identity, data, ownership, staking];

/** The newest EVM: the one that verifies P-256 by a precompile, as IoTeX does by its own. */
const NETWORK = "osaka";

/** Tells the whole story on a chain of its own, which ends with it. */
export async function run(): Promise<void> {
  const connection = await hre.network.create(NETWORK);
  try {
    const suite = await step("Starting a chain in this process and deploying the suite", () =>
      deploySuite(connection),
    );
    const story = new Story(connection, await namedAccounts(connection.ethers), suite);
    for (const tell of DOMAINS) await tell(story);
    close(story);
  } finally {
    await connection.close();
  }
}
