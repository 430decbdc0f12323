import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { legOf, payeeOf, type Split } from "../../scripts/lib/ownership/splits.js";
import { eventsOf } from "../identity/registry.js";
import { coinOf, fund, type Hub, hubs, pay, potOf, release, splitAmong } from "./splitting.js";

/** What a leg of several may burn. */
const LEG_GAS = 300_000n;

/** Those who are paid, and those who make it hard; the contracts are strangers to each other. */
async function withMisfits({ accounts, connection }: Hub) {
  const { ethers } = connection;
  const reverting = await ethers.deployContract("RevertingReceiver");
  const burning = await ethers.deployContract("GasBurningReceiver");
  const bombing = await ethers.deployContract("ReturnBombReceiver");
  const thirsty = await ethers.deployContract("ThirstyReceiver");
  const { bob, carol } = accounts;
  const split = await splitAmong([
    [bob, 10],
    [carol, 20],
    [reverting, 30],
    [burning, 40],
    [bombing, 50],
    [thirsty, 60],
  ]);
  return {
    ...{ split, reverting, thirsty },
    misfits: {
      RevertingReceiver: await reverting.getAddress(),
      GasBurningReceiver: await burning.getAddress(),
      ReturnBombReceiver: await bombing.getAddress(),
    },
    bob: bob.address,
    carol: carol.address,
    parched: await thirsty.getAddress(),
  };
}

describe("SplitHub: many releases at once", () => {
  const load = hubs(async (hub) => {
    const loaded = await withMisfits(hub);
    await pay(hub, loaded.split, 2_100n);
    await pay(hub, loaded.split, 210n, hub.token);
    return loaded;
  });

  it("pays every leg, across splits and currencies, as single releases would", async () => {
    const loaded = await load();
    const { hub, split, bob, carol, token } = loaded;
    const other = await splitAmong([[bob, 1]]);
    await pay(loaded, other, 7n);
    const address = await token.getAddress();
    const releasing = hub.releaseMany([
      legOf(split, NATIVE, bob),
      legOf(split, address, carol),
      legOf(other, NATIVE, bob),
    ]);
    await expect(releasing).to.changeEtherBalances(
      loaded.connection.ethers,
      [hub, bob],
      [-107n, 107n],
    );
    await expect(releasing).to.changeTokenBalance(loaded.connection.ethers, token, carol, 20n);
    await expect(releasing)
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, NATIVE, payeeOf(bob), 100n);
    await expect(releasing)
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, address, payeeOf(carol), 20n);
    await expect(releasing)
      .to.emit(hub, "SplitReleased")
      .withArgs(other.id, NATIVE, payeeOf(bob), 7n);
    await expect(releasing).to.not.emit(hub, "SplitReleaseSkipped");
  });

  it("of no legs does nothing", async () => {
    const { hub } = await load();
    expect(await eventsOf(hub, hub.releaseMany([]))).to.deep.equal([]);
  });

  it("R21 pays a leg once that is named twice", async () => {
    const loaded = await load();
    const { hub, split, bob } = loaded;
    const leg = legOf(split, NATIVE, bob);
    expect(await eventsOf(hub, hub.releaseMany([leg, leg]))).to.deep.equal([
      ["SplitReleased", split.id, NATIVE, payeeOf(bob), 100n],
    ]);
    expect(await potOf(loaded, split), "R21").to.deep.equal([2_100n, 100n]);
  });

  for (const name of ["RevertingReceiver", "GasBurningReceiver", "ReturnBombReceiver"] as const) {
    it(`R30 passes over a ${name} and pays those before and after it`, async () => {
      const loaded = await load();
      const { hub, split, bob, carol, misfits, connection } = loaded;
      const misfit = misfits[name];
      const due = (): Promise<bigint> =>
        hub.releasable(split.terms, NATIVE, split.proofOf(misfit).recipient);
      const owed = await due();
      expect(owed).to.be.above(0n);
      const releasing = hub.releaseMany([bob, misfit, carol].map((to) => legOf(split, NATIVE, to)));
      expect(await eventsOf(hub, releasing), "R30").to.deep.equal([
        ["SplitReleased", split.id, NATIVE, payeeOf(bob), 100n],
        ["SplitReleaseSkipped", split.id, NATIVE, payeeOf(misfit)],
        ["SplitReleased", split.id, NATIVE, payeeOf(carol), 200n],
      ]);
      await expect(releasing).to.changeEtherBalances(
        connection.ethers,
        [hub, bob, misfit, carol],
        [-300n, 100n, 0n, 200n],
      );
      expect(await due(), "stays due").to.equal(owed);
      expect(await potOf(loaded, split)).to.deep.equal([2_100n, 300n]);
      const { gasUsed } = (await (await releasing).wait()) ?? { gasUsed: 0n };
      expect(gasUsed, "a misfit burns no more than a leg may").to.be.below(2n * LEG_GAS);
    });
  }

  it("passes over a leg that is not proven, and names it", async () => {
    const { hub, split, bob, carol, accounts } = await load();
    const leg = legOf(split, NATIVE, bob);
    const stranger = { payee: payeeOf(accounts.stranger.address), shares: 10n };
    const releasing = hub.releaseMany([
      { ...leg, recipient: stranger },
      { ...leg, proof: [] },
      { ...leg, split: { ...split.terms, total: 0 } },
      legOf(split, NATIVE, carol),
    ]);
    const totalless = await hub.idOf({ ...split.terms, total: 0 });
    expect(await eventsOf(hub, releasing)).to.deep.equal([
      ["SplitReleaseSkipped", split.id, NATIVE, stranger.payee],
      ["SplitReleaseSkipped", split.id, NATIVE, payeeOf(bob)],
      ["SplitReleaseSkipped", totalless, NATIVE, payeeOf(bob)],
      ["SplitReleased", split.id, NATIVE, payeeOf(carol), 200n],
    ]);
  });

  it("passes over a currency that fails, and pays the others", async () => {
    const loaded = await load();
    const { hub, split, bob, accounts, connection } = loaded;
    const refusing = await connection.ethers.deployContract("ReturnsFalseERC20");
    await fund(accounts, hub, refusing);
    await refusing.accept(true);
    const address = await refusing.getAddress();
    await pay(loaded, split, 210n, address);
    await refusing.accept(false);
    const legs = [legOf(split, address, bob), legOf(split, NATIVE, bob)];
    expect(await eventsOf(hub, hub.releaseMany(legs))).to.deep.equal([
      ["SplitReleaseSkipped", split.id, address, payeeOf(bob)],
      ["SplitReleased", split.id, NATIVE, payeeOf(bob), 100n],
    ]);
    await refusing.accept(true);
    await hub.releaseMany(legs);
    expect(await potOf(loaded, split, address)).to.deep.equal([210n, 10n]);
  });

  it("gives a leg 300,000 gas and no more: who wants more is passed over and paid by a single release", async () => {
    const loaded = await load();
    const { hub, split, thirsty, parched } = loaded;
    await thirsty.drink(400_000);
    const skipping = hub.releaseMany([legOf(split, NATIVE, parched)], { gasLimit: 2_000_000 });
    expect(await eventsOf(hub, skipping)).to.deep.equal([
      ["SplitReleaseSkipped", split.id, NATIVE, payeeOf(parched)],
    ]);
    await expect(release(loaded, split, parched))
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, NATIVE, payeeOf(parched), 600n);
  });

  it("pays a leg that burns 150,000 gas of its recipient's own", async () => {
    const { hub, split, thirsty, parched } = await load();
    await thirsty.drink(150_000);
    const paying = hub.releaseMany([legOf(split, NATIVE, parched)], { gasLimit: 2_000_000 });
    expect(await eventsOf(hub, paying)).to.deep.equal([
      ["SplitReleased", split.id, NATIVE, payeeOf(parched), 600n],
    ]);
    const given = await thirsty.given();
    expect(given, "what is left of 300,000").to.be.within(LEG_GAS - 120_000n, LEG_GAS);
  });

  it("takes no more from one leg than the others need, however many burn", async () => {
    const { hub, split, misfits, bob } = await load();
    const burner = legOf(split, NATIVE, misfits.GasBurningReceiver);
    const legs = [...Array.from({ length: 20 }, () => burner), legOf(split, NATIVE, bob)];
    const releasing = hub.releaseMany(legs, { gasLimit: 21n * 320_000n });
    await expect(releasing)
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, NATIVE, payeeOf(bob), 100n);
  });

  it("lets nobody else call a leg, nor a line of a list", async () => {
    const { hub, split, bob, accounts } = await load();
    const { recipient } = split.proofOf(bob);
    for (const who of [accounts.stranger, accounts.bob]) {
      const asWho = hub.connect(who);
      await expect(asWho.releaseLeg(legOf(split, NATIVE, bob)))
        .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
        .withArgs(who);
      await expect(
        asWho.releaseListed(split.id, 1, NATIVE, { ...recipient, shares: 2n ** 96n - 1n }),
      )
        .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
        .withArgs(who);
    }
    expect(await potOf({ hub }, split)).to.deep.equal([2_100n, 0n]);
  });
});

describe("SplitHub: a distribution", () => {
  const load = hubs(withMisfits);

  /** A split of so many of the chain's accounts, with one part, two parts and so on. */
  const splitOf = async ({ connection }: Hub, count: number): Promise<Split> => {
    const signers = await connection.ethers.getSigners();
    return splitAmong(signers.slice(-count).map((its, n) => [its, n + 1] as const));
  };
  const triangle = (count: number): bigint => BigInt((count * (count + 1)) / 2);

  for (const count of [1, 2, 3, 4, 7, 9, 15, 16]) {
    it(`pays all of ${count} recipients, whose list is the proof`, async () => {
      const loaded = await load();
      const { hub } = loaded;
      const split = await splitOf(loaded, count);
      await pay(loaded, split, 5n * triangle(count));
      const distributing = hub.distribute(split.terms, NATIVE, split.recipients);
      expect(await eventsOf(hub, distributing)).to.deep.equal(
        split.recipients.map(({ payee, shares }) => [
          "SplitReleased",
          split.id,
          NATIVE,
          payee,
          5n * BigInt(shares),
        ]),
      );
      expect(await coinOf(loaded), "SPL-03").to.equal(0n);
    });
  }

  it("refuses 17 recipients, though they are all", async () => {
    const loaded = await load();
    const split = await splitOf(loaded, 17);
    await pay(loaded, split, triangle(17));
    await expect(loaded.hub.distribute(split.terms, NATIVE, split.recipients))
      .to.be.revertedWithCustomError(loaded.hub, "SplitHubNotTheRecipients")
      .withArgs(split.id);
  });

  it("refuses no recipients, even for a split of an empty root", async () => {
    const loaded = await load();
    const { hub } = loaded;
    const split = await splitOf(loaded, 3);
    for (const terms of [split.terms, { ...split.terms, root: ZeroHash }]) {
      await expect(hub.distribute(terms, NATIVE, []))
        .to.be.revertedWithCustomError(hub, "SplitHubNotTheRecipients")
        .withArgs(await hub.idOf(terms));
    }
  });

  it("refuses recipients in another order than their tree's", async () => {
    const loaded = await load();
    const { hub } = loaded;
    const split = await splitOf(loaded, 5);
    await pay(loaded, split, triangle(5));
    const [first, second, ...rest] = split.recipients;
    if (first === undefined || second === undefined) throw new Error("there are five");
    for (const list of [[...split.recipients].reverse(), [second, ...rest, first]]) {
      await expect(hub.distribute(split.terms, NATIVE, list))
        .to.be.revertedWithCustomError(hub, "SplitHubNotTheRecipients")
        .withArgs(split.id);
    }
  });

  it("refuses a list with one left out, one too many, or other shares", async () => {
    const loaded = await load();
    const { hub } = loaded;
    const split = await splitOf(loaded, 5);
    await pay(loaded, split, triangle(5));
    const [first, ...rest] = split.recipients;
    if (first === undefined) throw new Error("there are five");
    const dearer = { ...first, shares: BigInt(first.shares) + 1n };
    for (const list of [rest, [first, first, ...rest], [dearer, ...rest]]) {
      await expect(hub.distribute(split.terms, NATIVE, list))
        .to.be.revertedWithCustomError(hub, "SplitHubNotTheRecipients")
        .withArgs(split.id);
    }
  });

  it("refuses a split without a total", async () => {
    const loaded = await load();
    const { hub } = loaded;
    const split = await splitOf(loaded, 2);
    await expect(
      hub.distribute({ ...split.terms, total: 0 }, NATIVE, split.recipients),
    ).to.be.revertedWithCustomError(hub, "SplitHubMissingTotal");
  });

  it("R30 passes over those who fail, who stay due", async () => {
    const loaded = await load();
    const { hub, split, misfits, reverting } = loaded;
    await pay(loaded, split, 2_100n);
    const failing: string[] = Object.values(misfits).map(payeeOf);
    const distributing = hub.distribute(split.terms, NATIVE, split.recipients);
    expect(await eventsOf(hub, distributing), "R30").to.deep.equal(
      split.recipients.map(({ payee, shares }) =>
        failing.includes(String(payee))
          ? ["SplitReleaseSkipped", split.id, NATIVE, payee]
          : ["SplitReleased", split.id, NATIVE, payee, 10n * BigInt(shares)],
      ),
    );
    expect(await potOf(loaded, split)).to.deep.equal([2_100n, 900n]);
    await reverting.accept(true);
    await hub.distribute(split.terms, NATIVE, split.recipients);
    expect(await potOf(loaded, split)).to.deep.equal([2_100n, 1_200n]);
  });

  it("passes over who wants more than 300,000 gas", async () => {
    const loaded = await load();
    const { hub, thirsty, parched } = loaded;
    const split = await splitAmong([[parched, 1]]);
    await pay(loaded, split, 10n);
    await thirsty.drink(400_000);
    const skipping = hub.distribute(split.terms, NATIVE, split.recipients, { gasLimit: 2_000_000 });
    expect(await eventsOf(hub, skipping)).to.deep.equal([
      ["SplitReleaseSkipped", split.id, NATIVE, payeeOf(parched)],
    ]);
    await thirsty.drink(150_000);
    const paying = hub.distribute(split.terms, NATIVE, split.recipients, { gasLimit: 2_000_000 });
    expect(await eventsOf(hub, paying)).to.deep.equal([
      ["SplitReleased", split.id, NATIVE, payeeOf(parched), 10n],
    ]);
    expect(await thirsty.given()).to.be.within(LEG_GAS - 120_000n, LEG_GAS);
  });

  it("SPL-04 goes on where single releases stopped, in tokens and through splits", async () => {
    const loaded = await load();
    const { hub, bob, carol, token } = loaded;
    const inner = await splitAmong([[bob, 1]], { salt: id("inner") });
    const outer = await splitAmong([
      [inner.id, 1],
      [carol, 2],
    ]);
    await pay(loaded, outer, 30n, token);
    await release(loaded, outer, carol, token);
    const list = [outer.terms, await token.getAddress(), outer.recipients] as const;
    expect(await eventsOf(hub, hub.distribute(...list))).to.deep.equal([
      ["SplitReleased", outer.id, token.target, inner.id, 10n],
      ["SplitDeposited", inner.id, inner.id, token.target, hub.target, 10n],
    ]);
    expect(await eventsOf(hub, hub.distribute(...list))).to.deep.equal([]);
    expect(await potOf(loaded, inner, token)).to.deep.equal([10n, 0n]);
  });
});
