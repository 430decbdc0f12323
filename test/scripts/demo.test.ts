import { expect } from "chai";
import hre from "hardhat";

import { close } from "../../scripts/demo/closing.js";
import { Story } from "../../scripts/demo/story.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";
import { runNode } from "../../scripts/lib/hardhat.js";
import { Failure, main } from "../../scripts/lib/terminal.js";

async function openStory(): Promise<Story> {
  const connection = await hre.network.create();
  return new Story(
    connection,
    await namedAccounts(connection.ethers),
    await deploySuite(connection),
  );
}

/** Runs `work` and hands back what it would have said. */
async function listen(work: () => Promise<void>): Promise<string> {
  const { log, error } = console;
  const lines: unknown[] = [];
  console.log = console.error = (line?: unknown) => lines.push(line);
  try {
    await work();
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join("\n");
}

/** A stranger tries to verify a maker; the story expects the error to come with this caller. */
function impostor(story: Story, caller: string): Promise<void> {
  const { makerRegistry } = story.suite;
  const attempt = makerRegistry.setVerified.populateTransaction(1, caller, true);
  const error = "AccessManagedUnauthorized";
  return story.refused("stranger", "tries", attempt, { error, args: [caller], because: "no role" });
}

describe("the demo", () => {
  it("tells the whole story, and every check in it passes", async function () {
    // Artifacts instrumented for coverage are over the size limit.
    if (hre.globalOptions.coverage) this.skip();
    // Without a build: it would replace the artifacts that the tests of this process run on.
    const args = ["--import", "tsx", "scripts/demo.ts", "--no-build"];
    const { ok, output } = await runNode(args, { env: { CI: "true" } });
    expect(ok, output).to.be.true;
    expect(output).to.match(/[1-9]\d* checks passed, 0 failed\./);
    expect(output).to.contain("8. The station retires");
    expect(output).to.contain("13. The archive changes hands");
  });

  it("shows a refusal with its values, and counts it as a check", async () => {
    const story = await openStory();
    const { address } = story.accounts.stranger;
    const said = await listen(() => impostor(story, address));
    expect(said).to.contain(`AccessManagedUnauthorized(caller ${address.slice(0, 6)}…`);
    expect([story.passed, story.failures]).to.deep.equal([1, []]);
  });

  it("fails a refusal that comes with other values", async () => {
    const story = await openStory();
    await listen(() => impostor(story, story.accounts.alice.address));
    expect([story.passed, story.failures]).to.deep.equal([0, ["A stranger tries."]]);
  });

  it("fails what should have been refused and was not", async () => {
    const story = await openStory();
    const gift = { to: story.accounts.bob.address, value: 1n };
    const never = { error: "Never", args: [], because: "it is refused" };
    const said = await listen(() => story.refused("alice", "gives", gift, never));
    expect(said).to.contain("it went through");
    expect([story.passed, story.failures]).to.deep.equal([0, ["Alice gives."]]);
  });

  it("puts each transaction on the bill, with its gas on both chains", async () => {
    const story = await openStory();
    const gift = { to: story.accounts.bob.address, value: 1n };
    await listen(async () => {
      await story.act("alice", "gives", gift);
    });
    const cost = { ethereum: 21_000, iotex: 10_000 };
    expect(story.ledger).to.deep.equal([{ chapter: "", who: "Alice", did: "gives", ...cost }]);
  });

  it("makes the exit code non-zero when a check fails", async () => {
    const story = await openStory();
    const { exitCode } = process;
    try {
      const said = await listen(async () => {
        await story.check("True", true);
        await story.check("Bob has a coin", Promise.resolve(0n), 1n);
        await main(() => {
          close(story);
          return Promise.resolve();
        });
      });
      expect(process.exitCode).to.equal(1);
      expect(said).to.contain("1 checks passed, 1 failed.");
      expect(said).to.contain("Failed. Look at the first red line above: Bob has a coin");
    } finally {
      process.exitCode = exitCode;
    }
  });

  it("does not pass empty", async () => {
    const empty = { ledger: [], passed: 0, failures: [] };
    await listen(() => {
      expect(() => {
        close(empty);
      }).to.throw(Failure, "Nothing was checked");
      return Promise.resolve();
    });
  });
});
