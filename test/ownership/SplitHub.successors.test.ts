import { expect } from "chai";
import { toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { hubs, LAST_ADDRESS, pay, potOf, release, splitAmong } from "./splitting.js";

describe("SplitHub: successors", () => {
  /** The maker controls a split of Bob and Carol; Dave is who comes after. */
  const load = hubs(async ({ accounts, hub }) => {
    const { bob, carol, dave, maker } = accounts;
    const controller = maker.address;
    const split = await splitAmong(
      [
        [bob, 1],
        [carol, 1],
      ],
      { controller },
    );
    const heir = await splitAmong([[dave, 1]], { controller });
    const last = await splitAmong([[bob, 1]]);
    return { split, heir, last, asMaker: hub.connect(maker) };
  });

  it("are named by the split's controller, as often as he likes, and taken back", async () => {
    const { hub, split, heir, last, asMaker } = await load();
    expect(await hub.successorOf(split.id)).to.equal(ZeroHash);
    for (const successor of [heir.id, last.id, ZeroHash]) {
      const naming = asMaker.setSuccessor(split.terms, successor);
      expect(await eventsOf(hub, naming)).to.deep.equal([["SuccessorSet", split.id, successor]]);
      expect(await hub.successorOf(split.id)).to.equal(successor);
    }
    expect(await hub.successorOf(heir.id)).to.equal(ZeroHash);
  });

  it("are named by nobody else: not by recipients, nor for a split that is controlled by another", async () => {
    const { hub, split, heir, asMaker, accounts } = await load();
    for (const who of [accounts.bob, accounts.dave, accounts.stranger]) {
      await expect(hub.connect(who).setSuccessor(split.terms, heir.id))
        .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
        .withArgs(who);
    }
    const theirs = { ...split.terms, controller: accounts.bob.address };
    await expect(asMaker.setSuccessor(theirs, heir.id))
      .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
      .withArgs(accounts.maker);
    // Bob controls the split with these terms, which is another one.
    await hub.connect(accounts.bob).setSuccessor(theirs, heir.id);
    expect(await hub.successorOf(split.id)).to.equal(ZeroHash);
  });

  it("are named by nobody where there is no controller", async () => {
    const { hub, last, heir, accounts } = await load();
    expect(last.terms.controller).to.equal(ZeroAddress);
    for (const who of [accounts.maker, accounts.bob]) {
      await expect(hub.connect(who).setSuccessor(last.terms, heir.id))
        .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
        .withArgs(who);
    }
  });

  it("R09 are splits: addresses are refused, to the last", async () => {
    const { hub, split, asMaker, accounts } = await load();
    const address = toBeHex(accounts.dave.address, 32);
    for (const successor of [toBeHex(1n, 32), address, toBeHex(LAST_ADDRESS, 32)]) {
      await expect(asMaker.setSuccessor(split.terms, successor))
        .to.be.revertedWithCustomError(hub, "SplitHubInvalidId")
        .withArgs(successor);
    }
    const smallest = toBeHex(LAST_ADDRESS + 1n, 32);
    await asMaker.setSuccessor(split.terms, smallest);
    expect(await hub.successorOf(split.id)).to.equal(smallest);
  });

  it("SPL-05 get what comes in from now on, and nothing of what was credited before", async () => {
    const loaded = await load();
    const { hub, split, heir, asMaker, accounts } = loaded;
    await pay(loaded, split, 100n);
    await release(loaded, split, accounts.bob.address);
    await asMaker.setSuccessor(split.terms, heir.id);
    const { alice } = accounts;
    await expect(hub.connect(alice).deposit(split.id, NATIVE, 7n, { value: 7n }))
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, heir.id, NATIVE, alice.address, 7n);
    expect(await potOf(loaded, split), "SPL-05").to.deep.equal([100n, 50n]);
    expect(await potOf(loaded, heir)).to.deep.equal([7n, 0n]);
    const carol = split.proofOf(accounts.carol.address).recipient;
    expect(await hub.releasable(split.terms, NATIVE, carol), "SPL-05").to.equal(50n);
    await release(loaded, split, accounts.carol.address);
    expect(await potOf(loaded, split), "SPL-05").to.deep.equal([100n, 100n]);
  });

  it("SPL-05 get what waits at the receiver and was not flushed", async () => {
    const loaded = await load();
    const { hub, split, heir, token, asMaker, accounts } = loaded;
    const to = await hub.receiverOf(split.id);
    await accounts.alice.sendTransaction({ to, value: 70n });
    await hub.flush(split.id, NATIVE);
    await accounts.alice.sendTransaction({ to, value: 30n });
    await token.connect(accounts.alice).transfer(to, 5n);
    await asMaker.setSuccessor(split.terms, heir.id);
    await expect(hub.flush(split.id, NATIVE))
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, heir.id, NATIVE, to, 30n);
    await hub.flush(split.id, token);
    expect(await potOf(loaded, split), "SPL-05").to.deep.equal([70n, 0n]);
    expect(await potOf(loaded, heir)).to.deep.equal([30n, 0n]);
    expect(await potOf(loaded, heir, token)).to.deep.equal([5n, 0n]);
    expect(await hub.receiverOf(split.id), "the receiver stays").to.equal(to);
  });

  it("are followed one hop far", async () => {
    const loaded = await load();
    const { split, heir, last, asMaker } = loaded;
    await asMaker.setSuccessor(split.terms, heir.id);
    await asMaker.setSuccessor(heir.terms, last.id);
    await pay(loaded, split, 10n);
    await pay(loaded, heir, 3n);
    expect(await potOf(loaded, split)).to.deep.equal([0n, 0n]);
    expect(await potOf(loaded, heir)).to.deep.equal([10n, 0n]);
    expect(await potOf(loaded, last)).to.deep.equal([3n, 0n]);
  });

  it("may be each other, or a split itself, and nothing goes round", async () => {
    const loaded = await load();
    const { split, heir, asMaker } = loaded;
    await asMaker.setSuccessor(split.terms, heir.id);
    await asMaker.setSuccessor(heir.terms, split.id);
    await pay(loaded, split, 10n);
    await pay(loaded, heir, 3n);
    expect(await potOf(loaded, split)).to.deep.equal([3n, 0n]);
    expect(await potOf(loaded, heir)).to.deep.equal([10n, 0n]);
    await asMaker.setSuccessor(split.terms, split.id);
    await pay(loaded, split, 1n);
    expect(await potOf(loaded, split)).to.deep.equal([4n, 0n]);
  });

  it("are no longer paid once they are taken back or changed", async () => {
    const loaded = await load();
    const { split, heir, last, asMaker } = loaded;
    await asMaker.setSuccessor(split.terms, heir.id);
    await pay(loaded, split, 1n);
    await asMaker.setSuccessor(split.terms, last.id);
    await pay(loaded, split, 2n);
    await asMaker.setSuccessor(split.terms, ZeroHash);
    await pay(loaded, split, 4n);
    expect(await potOf(loaded, heir)).to.deep.equal([1n, 0n]);
    expect(await potOf(loaded, last)).to.deep.equal([2n, 0n]);
    expect(await potOf(loaded, split)).to.deep.equal([4n, 0n]);
  });

  it("get what another split releases to the one they follow", async () => {
    const loaded = await load();
    const { split, heir, asMaker } = loaded;
    const outer = await splitAmong([[split.id, 1]]);
    await pay(loaded, outer, 9n);
    await asMaker.setSuccessor(split.terms, heir.id);
    await release(loaded, outer, split.id);
    expect(await potOf(loaded, heir)).to.deep.equal([9n, 0n]);
    expect(await potOf(loaded, split)).to.deep.equal([0n, 0n]);
  });
});
