import { expect } from "chai";
import { id, toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { payeeOf } from "../../scripts/lib/ownership/splits.js";
import { eventsOf } from "../identity/registry.js";
import {
  coinOf,
  fund,
  hubs,
  MAX_UINT128,
  pay,
  potOf,
  rawSplit,
  release,
  splitAmong,
} from "./splitting.js";

describe("SplitHub: a release", () => {
  /** Bob has one part of six, Carol two, Dave three. */
  const load = hubs(async ({ accounts }) => {
    const { bob, carol, dave } = accounts;
    const split = await splitAmong([
      [bob, 1],
      [carol, 2],
      [dave, 3],
    ]);
    return { split, bob: bob.address, carol: carol.address, dave: dave.address };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What a release would pay somebody now. */
  const dueOf = ({ hub, split }: Pick<Loaded, "hub" | "split">, to: string): Promise<bigint> =>
    hub.releasable(split.terms, NATIVE, split.proofOf(to).recipient);

  it("pays a recipient his part in coin, by anybody's hand, and says so", async () => {
    const loaded = await load();
    const { hub, split, carol, connection } = loaded;
    await pay(loaded, split, 60n);
    const { recipient, proof } = split.proofOf(carol);
    expect(await hub.releasable(split.terms, NATIVE, recipient)).to.equal(20n);
    const released = await hub.release.staticCall(split.terms, NATIVE, recipient, proof);
    expect(released).to.equal(20n);
    const releasing = release(loaded, split, carol);
    await expect(releasing).to.changeEtherBalances(connection.ethers, [hub, carol], [-20n, 20n]);
    expect(await eventsOf(hub, releasing)).to.deep.equal([
      ["SplitReleased", split.id, NATIVE, payeeOf(carol), 20n],
    ]);
    expect(await potOf(loaded, split)).to.deep.equal([60n, 20n]);
    expect(await dueOf(loaded, carol)).to.equal(0n);
    expect(await dueOf(loaded, loaded.bob)).to.equal(10n);
  });

  it("pays a recipient his part in a token, and leaves the coin", async () => {
    const loaded = await load();
    const { hub, split, dave, token, connection } = loaded;
    await pay(loaded, split, 60n);
    await pay(loaded, split, 600n, token);
    const releasing = release(loaded, split, dave, token);
    const { ethers } = connection;
    await expect(releasing).to.changeTokenBalances(ethers, token, [hub, dave], [-300n, 300n]);
    await expect(releasing)
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, token.target, payeeOf(dave), 300n);
    expect(await potOf(loaded, split, token)).to.deep.equal([600n, 300n]);
    expect(await potOf(loaded, split)).to.deep.equal([60n, 0n]);
    expect(await dueOf(loaded, dave)).to.equal(30n);
  });

  it("R21 pays a second time only what came in since", async () => {
    const loaded = await load();
    const { hub, split, bob } = loaded;
    await pay(loaded, split, 60n);
    await release(loaded, split, bob);
    const again = release(loaded, split, bob);
    expect(await eventsOf(hub, again), "R21").to.deep.equal([]);
    expect(await potOf(loaded, split)).to.deep.equal([60n, 10n]);
    await pay(loaded, split, 6n);
    await expect(release(loaded, split, bob))
      .to.emit(hub, "SplitReleased")
      .withArgs(split.id, NATIVE, payeeOf(bob), 1n);
  });

  it("of nothing pays nothing and fails not, since somebody else may just have released it", async () => {
    const loaded = await load();
    const { hub, split, bob } = loaded;
    const { recipient, proof } = split.proofOf(bob);
    expect(await hub.release.staticCall(split.terms, NATIVE, recipient, proof)).to.equal(0n);
    expect(await eventsOf(hub, release(loaded, split, bob))).to.deep.equal([]);
    await pay(loaded, split, 5n);
    expect(await dueOf(loaded, bob), "a sixth of 5 wei").to.equal(0n);
    expect(await eventsOf(hub, release(loaded, split, bob))).to.deep.equal([]);
    await pay(loaded, split, 1n);
    expect(await dueOf(loaded, bob), "a sixth of 6 wei").to.equal(1n);
  });

  it("SPL-04 comes to the same, often or once, early or late", async () => {
    const loaded = await load();
    const { split, bob, carol, connection } = loaded;
    const often = await splitAmong(
      [
        [bob, 1],
        [carol, 2],
        [loaded.dave, 3],
      ],
      { salt: id("often") },
    );
    for (const amount of [7n, 11n, 1n, 1n, 13n, 100n, 5n]) {
      await pay(loaded, split, amount);
      await pay(loaded, often, amount);
      await release(loaded, often, bob);
      if (amount % 2n === 0n) await release(loaded, often, carol);
    }
    const { provider } = connection.ethers;
    const gained = async (its: typeof split, to: string): Promise<bigint> => {
      const { recipient } = its.proofOf(to);
      const before = await provider.getBalance(to);
      await release(loaded, its, to);
      expect(await loaded.hub.releasable(its.terms, NATIVE, recipient)).to.equal(0n);
      return (await provider.getBalance(to)) - before;
    };
    await gained(often, bob);
    await gained(often, carol);
    const inOne = (await gained(split, bob)) + (await gained(split, carol));
    expect(inOne).to.equal(138n / 6n + (138n * 2n) / 6n);
    expect((await potOf(loaded, often))[1], "SPL-04").to.equal(inOne);
    expect((await potOf(loaded, split))[1], "SPL-04").to.equal(inOne);
  });

  it("SPL-03 leaves less dust than there are recipients", async () => {
    const loaded = await load();
    const { split, bob, carol, dave } = loaded;
    for (const amount of [1n, 6n, 10n, 999n]) {
      await pay(loaded, split, amount);
      for (const to of [bob, carol, dave]) await release(loaded, split, to);
      const [cumulative, released] = await potOf(loaded, split);
      expect(cumulative - released, "SPL-03").to.be.within(0n, 2n);
      expect(await coinOf(loaded), "SPL-01").to.equal(cumulative - released);
    }
  });

  it("is exact for the largest pot and the largest total", async () => {
    const loaded = await load();
    const { accounts, token, bob, carol } = loaded;
    const total = 2n ** 96n - 1n;
    const large = await splitAmong([
      [bob, total - 1n],
      [carol, 1n],
    ]);
    await token.mint(accounts.alice, MAX_UINT128);
    await pay(loaded, large, MAX_UINT128, token);
    await release(loaded, large, bob, token);
    await release(loaded, large, carol, token);
    expect(await token.balanceOf(bob)).to.equal((MAX_UINT128 * (total - 1n)) / total);
    expect(await token.balanceOf(carol)).to.equal(MAX_UINT128 / total);
    expect(await token.balanceOf(loaded.hub), "SPL-03").to.be.below(2n);
  });

  describe("refuses", () => {
    it("somebody who is not in the split, and shares that are not his", async () => {
      const loaded = await load();
      const { hub, split, bob, carol, accounts } = loaded;
      await pay(loaded, split, 60n);
      const { proof } = split.proofOf(bob);
      for (const [payee, shares] of [
        [payeeOf(accounts.stranger.address), 1n],
        [payeeOf(bob), 2n],
        [payeeOf(bob), 0n],
        [payeeOf(carol), 2n],
      ] as const) {
        await expect(hub.release(split.terms, NATIVE, { payee, shares }, proof))
          .to.be.revertedWithCustomError(hub, "SplitHubNotRecipient")
          .withArgs(split.id, payee, shares);
      }
    });

    it("a proof that is another's, cut short, longer, or missing", async () => {
      const loaded = await load();
      const { hub, split, bob } = loaded;
      await pay(loaded, split, 60n);
      const { recipient, proof } = split.proofOf(bob);
      const theirs = split.proofOf(loaded.dave).proof;
      for (const wrong of [theirs, proof.slice(0, -1), [...proof, ZeroHash], []]) {
        await expect(hub.release(split.terms, NATIVE, recipient, wrong))
          .to.be.revertedWithCustomError(hub, "SplitHubNotRecipient")
          .withArgs(split.id, recipient.payee, recipient.shares);
      }
    });

    it("terms that are not the split's: they are another split, into which nothing came", async () => {
      const loaded = await load();
      const { hub, split, bob } = loaded;
      await pay(loaded, split, 60n);
      const { recipient, proof } = split.proofOf(bob);
      for (const changed of [
        { total: 1n },
        { controller: loaded.accounts.stranger.address },
        { salt: id("salt") },
      ]) {
        const terms = { ...split.terms, ...changed };
        expect(await hub.release.staticCall(terms, NATIVE, recipient, proof)).to.equal(0n);
        expect(await hub.releasable(terms, NATIVE, recipient)).to.equal(0n);
      }
    });

    it("a split without a total, as its view does", async () => {
      const { hub, split, bob } = await load();
      const { recipient, proof } = split.proofOf(bob);
      const terms = { ...split.terms, total: 0 };
      await expect(hub.release(terms, NATIVE, recipient, proof)).to.be.revertedWithCustomError(
        hub,
        "SplitHubMissingTotal",
      );
      await expect(hub.releasable(terms, NATIVE, recipient)).to.be.revertedWithCustomError(
        hub,
        "SplitHubMissingTotal",
      );
    });
  });

  describe("to a split", () => {
    it("credits its pot, moves nothing, and says whence", async () => {
      const loaded = await load();
      const { hub, split, bob, connection } = loaded;
      const outer = await splitAmong([
        [split.id, 9],
        [bob, 1],
      ]);
      await pay(loaded, outer, 100n);
      const releasing = release(loaded, outer, split.id);
      await expect(releasing).to.changeEtherBalance(connection.ethers, hub, 0n);
      expect(await eventsOf(hub, releasing)).to.deep.equal([
        ["SplitReleased", outer.id, NATIVE, split.id, 90n],
        ["SplitDeposited", split.id, split.id, NATIVE, hub.target, 90n],
      ]);
      expect(await potOf(loaded, outer)).to.deep.equal([100n, 90n]);
      expect(await potOf(loaded, split)).to.deep.equal([90n, 0n]);
      expect(await dueOf(loaded, bob)).to.equal(15n);
    });

    it("follows that split's successor, and not its own", async () => {
      const loaded = await load();
      const { hub, accounts, bob, carol, dave } = loaded;
      const { maker } = accounts;
      const options = { controller: maker.address };
      const inner = await splitAmong([[bob, 1]], options);
      const outer = await splitAmong([[inner.id, 1]], options);
      const heir = await splitAmong([[carol, 1]]);
      const outerHeir = await splitAmong([[dave, 1]]);
      await pay(loaded, outer, 100n);
      await hub.connect(maker).setSuccessor(inner.terms, heir.id);
      await hub.connect(maker).setSuccessor(outer.terms, outerHeir.id);
      await expect(release(loaded, outer, inner.id))
        .to.emit(hub, "SplitDeposited")
        .withArgs(inner.id, heir.id, NATIVE, hub.target, 100n);
      expect(await potOf(loaded, outer)).to.deep.equal([100n, 100n]);
      expect(await potOf(loaded, inner)).to.deep.equal([0n, 0n]);
      expect(await potOf(loaded, heir)).to.deep.equal([100n, 0n]);
      expect(await potOf(loaded, outerHeir)).to.deep.equal([0n, 0n]);
    });

    it("is told from an account by 160 bits: the last address is an account, the next name a split", async () => {
      const loaded = await load();
      const account = toBeHex(2n ** 160n - 1n, 20);
      const name = toBeHex(2n ** 160n, 32);
      const split = await splitAmong([
        [account, 1],
        [name, 1],
      ]);
      await pay(loaded, split, 4n);
      await release(loaded, split, account);
      await release(loaded, split, name);
      expect(await loaded.connection.ethers.provider.getBalance(account)).to.equal(2n);
      expect(await potOf(loaded, { id: name })).to.deep.equal([2n, 0n]);
    });

    it("SPL-02 in a circle of successors pays no more than came in", async () => {
      const loaded = await load();
      const { hub, accounts, bob } = loaded;
      const inner = await splitAmong([[loaded.carol, 1]], { controller: accounts.maker.address });
      const outer = await splitAmong([
        [inner.id, 1],
        [bob, 1],
      ]);
      await hub.connect(accounts.maker).setSuccessor(inner.terms, outer.id);
      await pay(loaded, outer, 100n);
      for (let round = 0; round < 10; ++round) await release(loaded, outer, inner.id);
      await release(loaded, outer, bob);
      const [cumulative, released] = await potOf(loaded, outer);
      expect(released, "SPL-02").to.be.at.most(cumulative);
      expect(await coinOf(loaded), "SPL-01").to.equal(cumulative - released);
    });
  });

  describe("of a hostile tree", () => {
    it("SPL-02 R20 never pays more than came in: shares above the total take from their own split", async () => {
      const loaded = await load();
      const { hub, split, bob, carol, accounts } = loaded;
      await pay(loaded, split, 1_000n);
      const hostile = await rawSplit(
        [
          [bob, 300],
          [carol, 60],
          [accounts.dave, 50],
        ],
        100,
      );
      await pay(loaded, hostile, 100n);
      const releaseAt = async (line: number): Promise<bigint> => {
        const { recipient, proof } = hostile.proofAt(line);
        const [, before] = await potOf(loaded, hostile);
        await hub.release(hostile.terms, NATIVE, recipient, proof);
        return (await potOf(loaded, hostile))[1] - before;
      };
      expect(await releaseAt(1)).to.equal(60n);
      expect(await hub.releasable(hostile.terms, NATIVE, hostile.proofAt(0).recipient)).to.equal(
        40n,
      );
      expect(await releaseAt(0), "SPL-02").to.equal(40n);
      expect(await releaseAt(0), "R20").to.equal(0n);
      expect(await releaseAt(2), "nothing is left for him").to.equal(0n);
      expect(await potOf(loaded, hostile), "SPL-02").to.deep.equal([100n, 100n]);
      expect(await coinOf(loaded), "SPL-01").to.equal(1_000n);
    });

    it("counts what somebody was paid by his name: doubled lines do not add up", async () => {
      const loaded = await load();
      const { hub, bob, carol } = loaded;
      const doubled = await rawSplit(
        [
          [bob, 3],
          [bob, 1],
          [carol, 4],
        ],
        8,
      );
      await pay(loaded, doubled, 80n);
      const [three, one] = [doubled.proofAt(0), doubled.proofAt(1)];
      await hub.release(doubled.terms, NATIVE, one.recipient, one.proof);
      expect(await potOf(loaded, doubled)).to.deep.equal([80n, 10n]);
      expect(await hub.releasable(doubled.terms, NATIVE, three.recipient)).to.equal(20n);
      await hub.release(doubled.terms, NATIVE, three.recipient, three.proof);
      expect(await potOf(loaded, doubled)).to.deep.equal([80n, 30n]);
      expect(await hub.releasable(doubled.terms, NATIVE, one.recipient)).to.equal(0n);
      await hub.release(doubled.terms, NATIVE, one.recipient, one.proof);
      expect(await potOf(loaded, doubled)).to.deep.equal([80n, 30n]);
    });

    it("pays nothing for a share of nothing", async () => {
      const loaded = await load();
      const { hub, bob, carol } = loaded;
      const odd = await rawSplit(
        [
          [bob, 0],
          [carol, 1],
        ],
        1,
      );
      await pay(loaded, odd, 10n);
      const { recipient, proof } = odd.proofAt(0);
      expect(await hub.release.staticCall(odd.terms, NATIVE, recipient, proof)).to.equal(0n);
    });

    it("that promises too little keeps the rest for nobody", async () => {
      const loaded = await load();
      const { hub, bob } = loaded;
      const short = await rawSplit([[bob, 1]], 4);
      await pay(loaded, short, 100n);
      const { recipient, proof } = short.proofAt(0);
      await hub.release(short.terms, NATIVE, recipient, proof);
      expect(await potOf(loaded, short)).to.deep.equal([100n, 25n]);
    });
  });

  describe("that cannot be paid", () => {
    it("R30 reverts as the recipient does, stays due, and harms nobody else", async () => {
      const loaded = await load();
      const { hub, bob, connection } = loaded;
      const receiver = await connection.ethers.deployContract("RevertingReceiver");
      const address = await receiver.getAddress();
      const split = await splitAmong([
        [receiver, 1],
        [bob, 1],
      ]);
      await pay(loaded, split, 10n);
      await expect(release(loaded, split, address))
        .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
        .withArgs(5n);
      await release(loaded, split, bob);
      expect(await potOf(loaded, split), "R30").to.deep.equal([10n, 5n]);
      await receiver.accept(true);
      await release(loaded, split, address);
      expect(await potOf(loaded, split), "R30").to.deep.equal([10n, 10n]);
      expect(await hub.releasable(split.terms, NATIVE, split.proofOf(bob).recipient)).to.equal(0n);
    });

    it("reverts as a token does that returns false", async () => {
      const loaded = await load();
      const { hub, accounts, split, bob, connection } = loaded;
      const token = await connection.ethers.deployContract("ReturnsFalseERC20");
      await fund(accounts, hub, token);
      await token.accept(true);
      await pay(loaded, split, 60n, await token.getAddress());
      await token.accept(false);
      await expect(release(loaded, split, bob, token))
        .to.be.revertedWithCustomError(hub, "SafeERC20FailedOperation")
        .withArgs(token.target);
      expect(await potOf(loaded, split, token)).to.deep.equal([60n, 0n]);
    });

    it("to nobody reverts in a token that guards against it, and stays due", async () => {
      const loaded = await load();
      const { hub, token } = loaded;
      const lost = await rawSplit([[ZeroHash, 1]], 1);
      await pay(loaded, lost, 10n, token);
      const { recipient, proof } = lost.proofAt(0);
      await expect(hub.release(lost.terms, token, recipient, proof))
        .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });

  it("R32 takes one transaction for one of 10,000, with the library's proof", async () => {
    const loaded = await load();
    const { hub, connection } = loaded;
    const people = Array.from({ length: 10_000 }, (_, n) => {
      return [toBeHex(0x1234567890n + BigInt(n), 20), n + 1] as const;
    });
    const crowd = await splitAmong(people);
    expect(crowd.terms.total).to.equal(50_005_000n);
    await pay(loaded, crowd, 50_005_000n * 7n);
    const last = toBeHex(0x1234567890n + 9_999n, 20);
    const releasing = release(loaded, crowd, last);
    await expect(releasing).to.changeEtherBalances(
      connection.ethers,
      [hub, last],
      [-70_000n, 70_000n],
    );
    const receipt = await (await releasing).wait();
    expect(receipt?.gasUsed, "R32").to.be.below(130_000n);
  });
});
