import { expect } from "chai";
import { parseEther, ZeroHash } from "ethers";
import hre from "hardhat";

import { close } from "../../scripts/demo/closing.js";
import { Book } from "../../scripts/demo/ownership/book.js";
import { payEverybody } from "../../scripts/demo/ownership/claims.js";
import { dollars, figureOf, inDollars } from "../../scripts/demo/ownership/money.js";
import { raiseChapter } from "../../scripts/demo/ownership/raise.js";
import type { Venture } from "../../scripts/demo/ownership/venture.js";
import { agree } from "../../scripts/demo/staking/agreement.js";
import { OPERATORS } from "../../scripts/demo/staking/cast.js";
import { isClose } from "../../scripts/demo/staking/claims.js";
import { evidenceOf, examine, openStation, report } from "../../scripts/demo/staking/evidence.js";
import { differencesOf } from "../../scripts/demo/staking/settlement.js";
import { stakersChapter } from "../../scripts/demo/staking/stakers.js";
import type { World } from "../../scripts/demo/staking/world.js";
import { Story } from "../../scripts/demo/story.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";
import { P256Key } from "../../scripts/lib/deviceKey.js";
import { runNode } from "../../scripts/lib/hardhat.js";
import { Failure, main } from "../../scripts/lib/terminal.js";

const COIN = parseEther("1");

/** A signature of some device over something. */
function signNothing(key: P256Key): Promise<string> {
  return key.sign(ZeroHash);
}

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

/** Cascade is verified, and its charger is sold in shares: the first chapter of the ownership domain. */
async function raiseAsCascade(story: Story): Promise<Venture> {
  const { maker, makerVerifier } = story.accounts;
  const { makerRegistry } = story.suite;
  await makerRegistry.connect(maker).register("Cascade Instruments", "", maker.address);
  await makerRegistry.connect(makerVerifier).setVerified(1, maker, true);
  let venture: Venture | undefined;
  await listen(async () => {
    venture = await raiseChapter(story);
  });
  if (venture === undefined) throw new Error("Nothing was raised");
  return venture;
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
    expect(output).to.contain("19. An offering that too few want");
    expect(output).to.contain("20. A hundred neighbours share a thousand dollars");
    expect(output).to.contain("25. A temperature that nobody measured");
    expect(output).to.contain("28. Everybody is paid");
    // Once in each chapter of staking.
    expect(output.match(/✔ Chain and model agree on all [1-9]\d+ figures/g)).to.have.length(8);
    expect(output).to.match(/✔ Each of the [1-9]\d payments is what the model says/);
    expect(output).to.contain("✔ In every wallet is what it had and was paid, less what it paid");
    // Once while the charger is at work, once when it is sold.
    for (const coin of ["dollars", "IOTX"]) {
      expect(output.split(`✔ Each of the 12 got the ${coin} that the book says`)).to.have.length(3);
    }
    expect(output).to.match(
      /It costs the same: [1-9][\d,]+ gas for two, [1-9][\d,]+ for a hundred/,
    );
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

  it("fails where the chain does not pay what the book says", async () => {
    const story = await openStory();
    const venture = await raiseAsCascade(story);
    const { book, dollar, shares } = venture;
    const pay = (): Promise<string> =>
      listen(async () => {
        await dollar.mint(shares, book.supply);
        await shares.sync(dollar);
        book.dividend("dollars", book.supply);
        await payEverybody(story, venture);
      });
    await pay();
    expect(story.failures, "while the book is right").to.deep.equal([]);
    // By the book, Carol has a share that is Bob's.
    book.move("bob", "carol", 1n);
    await pay();
    const [ofShares, ofDollars] = story.failures;
    expect(ofShares).to.equal("Everybody holds the shares that the book says");
    expect(ofDollars).to.contain("Each of the 12 got the dollars that the book says");
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

describe("the demo's model of staking", () => {
  /** Two operators and twelve stakers, on the chain and in the model. */
  async function openStaking(story: Story): Promise<World> {
    let world: World | undefined;
    await listen(async () => {
      world = await stakersChapter(story);
    });
    if (world === undefined) throw new Error("Nobody staked");
    expect(story.failures, "while nothing happens behind the model's back").to.deep.equal([]);
    return world;
  }

  it("fails the story where the chain says something else, and says what", async () => {
    const story = await openStory();
    const world = await openStaking(story);
    const { stakingPool } = story.suite;
    const { passed } = story;
    await stakingPool.connect(story.accounts.kim).stake(OPERATORS.ivan, 0, { value: COIN });
    const said = await listen(() => agree(story, world));
    expect(story.passed).to.equal(passed);
    expect(story.failures).to.have.length(1);
    expect(story.failures[0]).to.match(/^Chain and model agree on all [1-9]\d+ figures$/);
    const [before, after] = [parseEther("787.5"), parseEther("788.5")];
    expect(said).to.contain(`The stake of Kim with Ivan is ${after}, by the model ${before}`);
  });

  it("knows to the wei what is in everybody's wallet, but for what it was not told", async () => {
    const story = await openStory();
    const world = await openStaking(story);
    expect(await differencesOf(story, world)).to.deep.equal([]);
    const { bob, treasury } = story.accounts;
    await treasury.sendTransaction({ to: bob, value: 1n });
    const balance = await story.connection.ethers.provider.getBalance(bob);
    expect(await differencesOf(story, world)).to.deep.equal([
      `Bob has ${balance} of IOTX, not ${balance - 1n}`,
    ]);
  });

  it("lets a reward be off by one unit, and by no more", () => {
    expect([4n, 5n, 6n].map((chain) => isClose(chain, 5n))).to.deep.equal([true, true, true]);
    expect([3n, 7n].map((chain) => isClose(chain, 5n))).to.deep.equal([false, false]);
  });
});

describe("the evidence against an operator", () => {
  it("holds an answer that he signed against a record that the station signed", async () => {
    const story = await openStory();
    await listen(async () => {
      const { alice, ivan } = story.accounts;
      for (const operator of [alice, ivan]) {
        await story.suite.stakingPool.connect(operator).registerOperator(operator, 0, "");
      }
      const station = await openStation(story);
      const [day, next] = station.days;
      if (day === undefined || next === undefined) throw new Error("The station measured nothing");
      const convicts = { measured: true, reported: true, agree: false };
      const lie = await report(story, "ivan", day, day.high + 1);
      const evidence = evidenceOf(station, day, lie);
      expect(await examine(story, station, evidence)).to.deep.equal(convicts);

      const truth = evidenceOf(station, day, await report(story, "ivan", day, day.high));
      expect(await examine(story, station, truth)).to.deep.equal({ ...convicts, agree: true });
      const hotter = { ...evidence, record: { ...day, high: day.high + 5 } };
      expect(await examine(story, station, hotter)).to.include({ measured: false });
      const another = { ...station, signature: await P256Key.generate().then(signNothing) };
      expect(await examine(story, another, evidence)).to.include({ measured: false });
      const otherDay = evidenceOf(station, next, lie);
      expect(await examine(story, station, otherDay)).to.include({ reported: false });
      const alices = evidenceOf(station, day, { ...lie, operator: "alice" });
      expect(await examine(story, station, alices)).to.include({ reported: false });
      expect(new Set([evidence, truth, otherDay, alices].map(({ hash }) => hash)).size).to.equal(4);
    });
  });
});

describe("the demo's book", () => {
  /** Ten shares: Bob's five, Carol's three, and two that are nobody's. */
  function openBook(): Book {
    return new Book([
      ["bob", 5n],
      ["carol", 3n],
      ["unvested", 2n],
    ]);
  }

  it("gives each holder his part of a dividend, rounded down, and forgets no remainder", () => {
    const book = openBook();
    book.dividend("IOTX", 13n);
    expect([book.due("IOTX", "bob"), book.due("IOTX", "carol")]).to.deep.equal([8n, 4n]);
    book.pay("IOTX", "bob", 8n);
    book.pay("IOTX", "carol", 4n);
    book.dividend("IOTX", 1n);
    // Of 14 in all, 5 of the 8 shares that are somebody's have earned 8.75, and 3 of them 5.25.
    expect([book.due("IOTX", "bob"), book.due("IOTX", "carol")]).to.deep.equal([0n, 1n]);
    expect([book.income("IOTX"), book.paid("IOTX")]).to.deep.equal([14n, 12n]);
    expect(book.due("dollars", "bob"), "of the other coin").to.equal(0n);
  });

  it("pays a dividend to who holds the shares at that moment", () => {
    const book = openBook();
    book.dividend("dollars", 8n);
    book.move("bob", "kim", 5n);
    book.dividend("dollars", 80n);
    expect(book.holders.map((who) => [who, book.due("dollars", who)])).to.deep.equal([
      ["bob", 5n],
      ["carol", 33n],
      ["kim", 50n],
    ]);
  });

  it("lets shares without an owner earn nothing, until they are somebody's", () => {
    const book = openBook();
    book.dividend("IOTX", 30n);
    // 300 tenths for eight shares: 37 tenths each, and 4 tenths wait.
    expect([book.due("IOTX", "bob"), book.due("IOTX", "carol")]).to.deep.equal([18n, 11n]);
    expect(book.due("IOTX", "unvested")).to.equal(0n);
    book.move("unvested", "kim", 2n);
    book.dividend("IOTX", 10n);
    expect([book.due("IOTX", "bob"), book.due("IOTX", "kim")]).to.deep.equal([23n, 2n]);
  });

  it("shows dollars as people write them, and to the last digit in a column", () => {
    expect(["50000", "18.75", "4.283871"].map((text) => dollars(inDollars(text)))).to.deep.equal([
      "$50,000",
      "$18.75",
      "$4.283871",
    ]);
    expect(figureOf("dollars", inDollars("71.79114"))).to.equal("$71.791140");
    expect(figureOf("IOTX", 10n ** 17n)).to.equal("0.100000000000000000");
  });
});
