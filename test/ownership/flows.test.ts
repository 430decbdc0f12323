import { expect } from "chai";
import { type AddressLike, resolveAddress, ZeroHash } from "ethers";

import { purchaseOf } from "../../scripts/lib/data/offers.js";
import { datasetOf, preparePublication } from "../../scripts/lib/data/publishing.js";
import { prepareSpending } from "../../scripts/lib/devices.js";
import { NATIVE, NEVER } from "../../scripts/lib/identity.js";
import { legOf, payeeOf, type Split } from "../../scripts/lib/ownership/splits.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { freshRoot, list } from "../data/fixture.js";
import { deployWallet } from "../identity/fixture.js";
import { ALL, carryOut, COIN, DAY, type Ownership } from "./fixture.js";
import { anotherMachine, earningMachine, owners, payPlainly, splitTermsOf } from "./revenue.js";
import { splitAmong } from "./splitting.js";

/** What an account has of a currency. */
const balanceOf = (
  { connection, token }: Ownership,
  currency: AddressLike,
  account: AddressLike,
): Promise<bigint> =>
  currency === NATIVE ? connection.ethers.provider.getBalance(account) : token.balanceOf(account);

/** What an account gains while something is done; the account sends none of it. */
async function gainOf(
  its: Ownership,
  currency: AddressLike,
  account: AddressLike,
  work: () => Promise<unknown>,
): Promise<bigint> {
  const before = await balanceOf(its, currency, account);
  await work();
  return (await balanceOf(its, currency, account)) - before;
}

/** The split of a machine's holders and an operator, as anyone who knows both builds it. */
async function machineSplit(shares: MachineShares, operator: AddressLike): Promise<Split> {
  const { operatorBps } = await shares.machine();
  const parts = [
    [shares, 10_000n - operatorBps],
    [operator, operatorBps],
  ] as const;
  const split = await splitAmong(parts, { controller: await shares.getAddress() });
  expect(split.terms).to.deep.equal(await splitTermsOf(shares, operator));
  return split;
}

describe("Money that reaches machines", () => {
  /** Two machines that Alice runs for 20 %; of each, Bob has 600 shares in 1,000 and Carol 400. */
  const load = owners(async (its) => {
    const { splitHub, accounts, token } = its;
    const first = await earningMachine(its);
    const second = await anotherMachine(its);
    return {
      first: first.connect(accounts.relayer),
      second: second.connect(accounts.relayer),
      hub: splitHub.connect(accounts.stranger),
      tokens: await token.getAddress(),
      receiver: await first.revenueReceiver(),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Releases somebody's part of a split, as a stranger. */
  async function release({ hub }: Loaded, split: Split, to: AddressLike, currency: string) {
    const { recipient, proof } = split.proofOf(await resolveAddress(to));
    return hub.release(split.terms, currency, recipient, proof);
  }

  /** What Bob and Carol get of a machine. */
  async function claimedBy(loaded: Loaded, shares: MachineShares, currency: string) {
    const { bob, carol } = loaded.accounts;
    const claim = (holder: AddressLike) => () => shares.claimFor(holder, currency, ALL);
    return [
      await gainOf(loaded, currency, bob, claim(bob)),
      await gainOf(loaded, currency, carol, claim(carol)),
    ];
  }

  describe("from the data market", () => {
    /** The charger's data is published by its operator and bought by Dave for 1,000. */
    async function sell(loaded: Loaded, currency: string): Promise<bigint> {
      const { charger, dataAssets, dataMarket, accounts } = loaded;
      const { alice, dave, relayer } = accounts;
      const publication = datasetOf(charger, alice.address, freshRoot());
      await relayer.sendTransaction(await preparePublication(dataAssets, charger, publication));
      const assetId = await dataAssets.assetOf(charger.deviceId, publication.contentRoot);
      const { offerId } = await list(loaded, assetId, 1_000n, { sale: { currency } });
      const value = currency === NATIVE ? 1_000n : 0n;
      await loaded.token.connect(dave).approve(dataMarket, 1_000n);
      await dataMarket.connect(dave).buy(purchaseOf(offerId, dave.address), { value });
      return assetId;
    }

    it("is the receiver's by no word of the operator, who can name nobody else", async () => {
      const loaded = await load();
      const { dataAssets, deviceRegistry, charger, accounts, receiver } = loaded;
      const { alice, relayer } = accounts;
      expect(await deviceRegistry.revenuePayeeOf(charger.deviceId)).to.equal(receiver);
      const assetId = await sell(loaded, NATIVE);
      expect((await dataAssets.standingOf(assetId)).payee).to.equal(receiver);
      expect(await dataAssets.isPayeeFixed(assetId)).to.equal(true);
      const past = datasetOf(charger, alice.address, freshRoot(), { payee: alice.address });
      const publishing = preparePublication(dataAssets, charger, past).then((transaction) =>
        relayer.sendTransaction(transaction),
      );
      await expect(publishing)
        .to.be.revertedWithCustomError(dataAssets, "DataAssetsFixedPayee")
        .withArgs(receiver);
    });

    for (const name of ["coin", "tokens"] as const) {
      it(`OWN-02 SPL-03 is divided in ${name}, step by step, by strangers`, async () => {
        const loaded = await load();
        const { first, hub, dataMarket, accounts, receiver } = loaded;
        const { alice, stranger } = accounts;
        const currency = name === "coin" ? NATIVE : loaded.tokens;
        await sell(loaded, currency);
        expect(await dataMarket.claimable(currency, receiver), "less 2 %").to.equal(980n);
        await dataMarket.connect(stranger).withdraw(currency, receiver, receiver);
        expect(await balanceOf(loaded, currency, receiver)).to.equal(980n);
        const split = await machineSplit(first, alice);
        await hub.flush(split.id, currency);
        expect(await balanceOf(loaded, currency, hub)).to.equal(980n);
        const operators = await gainOf(loaded, currency, alice, () =>
          release(loaded, split, alice, currency),
        );
        expect(operators).to.equal(196n);
        await release(loaded, split, first, currency);
        expect(await balanceOf(loaded, currency, hub), "SPL-03").to.equal(0n);
        expect(await first.sync.staticCall(currency)).to.equal(784n);
        await first.sync(currency);
        // 470.4 and 313.6.
        expect(await claimedBy(loaded, first, currency)).to.deep.equal([470n, 313n]);
        expect(await first.heldOf(currency), "OWN-02: less than a wei a holder").to.equal(1n);
        expect(await balanceOf(loaded, currency, first)).to.equal(1n);
      });

      it(`comes in by one collect in ${name}, and pays the same`, async () => {
        const loaded = await load();
        const { first, dataMarket, accounts, receiver } = loaded;
        const currency = name === "coin" ? NATIVE : loaded.tokens;
        await sell(loaded, currency);
        await dataMarket.connect(accounts.stranger).withdraw(currency, receiver, receiver);
        expect(await first.collect.staticCall(currency)).to.equal(784n);
        await first.collect(currency);
        expect(await claimedBy(loaded, first, currency)).to.deep.equal([470n, 313n]);
        const split = await machineSplit(first, accounts.alice);
        const { recipient } = split.proofOf(accounts.alice.address);
        const operators = await loaded.hub.releasable(split.terms, currency, recipient);
        expect(operators, "the operator's, whenever he likes").to.equal(196n);
      });
    }

    it("goes on when the asset is sold on, and by an operator who has left", async () => {
      const loaded = await load();
      const { first, dataAssets, dataMarket, accounts, receiver } = loaded;
      const { alice, dave, stranger } = accounts;
      const assetId = await sell(loaded, NATIVE);
      await carryOut(loaded, first, "SetOperator", [accounts.maker.address]);
      await dataAssets.connect(alice).transferFrom(alice, dave, assetId);
      expect((await dataAssets.standingOf(assetId)).payee).to.equal(receiver);
      await dataMarket.connect(stranger).withdraw(NATIVE, receiver, receiver);
      expect(await first.collect.staticCall(NATIVE)).to.equal(784n);
    });
  });

  describe("from a device's wallet", () => {
    it("is paid by the signed word of one machine's device to another machine, as its holders allowed", async () => {
      const loaded = await load();
      const { first, second, charger, accounts, token, tokens } = loaded;
      const wallet = await deployWallet(loaded, charger.deviceId);
      await token.connect(accounts.alice).transfer(wallet, 1_000n);
      await accounts.alice.sendTransaction({ to: wallet, value: 1_000n });
      const target = await second.revenueReceiver();
      const { time } = loaded.connection.networkHelpers;
      const expiry = (await time.latest()) + 365 * DAY;
      await carryOut(loaded, first.connect(accounts.bob), "SetPolicy", [
        DAY,
        expiry,
        [[target, "0x00000000"]],
        [
          [NATIVE, 400n],
          [tokens, 500n],
        ],
      ]);
      for (const [currency, maximum] of [
        [NATIVE, 300n],
        [tokens, 500n],
      ] as const) {
        const request = { target, currency, maximum, data: "0x", deadline: NEVER };
        const spending = await prepareSpending(wallet, charger, request);
        await accounts.relayer.sendTransaction(spending);
        expect(await balanceOf(loaded, currency, target)).to.equal(maximum);
        expect(await second.collect.staticCall(currency)).to.equal((maximum * 8n) / 10n);
        await second.collect(currency);
        expect(await first.heldOf(currency), "not the payer's").to.equal(0n);
      }
      expect(await claimedBy(loaded, second, NATIVE)).to.deep.equal([144n, 96n]);
      expect(await claimedBy(loaded, second, tokens)).to.deep.equal([240n, 160n]);
      expect(await balanceOf(loaded, NATIVE, wallet)).to.equal(700n);
    });

    it("reaches a receiver that is deployed as it reached it before", async () => {
      const loaded = await load();
      const { first, second, charger, accounts, hub } = loaded;
      const wallet = await deployWallet(loaded, charger.deviceId);
      await accounts.alice.sendTransaction({ to: wallet, value: 1_000n });
      const target = await second.revenueReceiver();
      await hub.flush((await machineSplit(second, accounts.alice)).id, NATIVE);
      const { time } = loaded.connection.networkHelpers;
      const expiry = (await time.latest()) + 365 * DAY;
      const policy = [DAY, expiry, [[target, "0x00000000"]], [[NATIVE, 400n]]];
      await carryOut(loaded, first.connect(accounts.bob), "SetPolicy", policy);
      const request = { target, currency: NATIVE, maximum: 400n, data: "0x", deadline: NEVER };
      await accounts.relayer.sendTransaction(await prepareSpending(wallet, charger, request));
      expect(await second.collect.staticCall(NATIVE)).to.equal(320n);
    });
  });

  describe("through a split of machines and a split", () => {
    for (const name of ["coin", "tokens"] as const) {
      it(`OWN-02 SPL-03 is accounted for to the wei, in ${name}`, async () => {
        const loaded = await load();
        const { first, second, hub, accounts } = loaded;
        const { bob, carol, dave, maker } = accounts;
        const currency = name === "coin" ? NATIVE : loaded.tokens;
        const makers = await splitAmong([
          [dave, 1],
          [maker, 2],
        ]);
        const outer = await splitAmong([
          [first, 3],
          [second, 5],
          [makers.id, 3],
        ]);
        const paid = [7n, 1_000n, 12_345n, COIN + 1n];
        const gained = new Map([bob, carol, dave, maker].map((its) => [its.address, 0n]));
        for (const [round, amount] of paid.entries()) {
          await payPlainly(loaded, await hub.receiverOf(outer.id), amount, currency);
          await hub.flush(outer.id, currency);
          // Not all of them every time: what is left is released with the next.
          if (round !== 1) await hub.distribute(outer.terms, currency, outer.recipients);
          for (const shares of [first, second]) await shares.sync(currency);
          const shares = round % 2 === 0 ? first : second;
          for (const holder of [bob, carol]) {
            const work = () => shares.claimFor(holder, currency, ALL);
            const gain = await gainOf(loaded, currency, holder, work);
            gained.set(holder.address, (gained.get(holder.address) ?? 0n) + gain);
          }
        }
        for (const its of [dave, maker]) {
          const leg = legOf(makers, currency, its.address);
          const gain = await gainOf(loaded, currency, its, () => hub.releaseMany([leg]));
          gained.set(its.address, gain);
        }
        for (const shares of [first, second]) {
          for (const holder of [bob, carol]) {
            const work = () => shares.claimFor(holder, currency, ALL);
            const gain = await gainOf(loaded, currency, holder, work);
            gained.set(holder.address, (gained.get(holder.address) ?? 0n) + gain);
          }
        }

        const total = paid.reduce((sum, amount) => sum + amount, 0n);
        const ofFirst = (total * 3n) / 11n;
        const ofSecond = (total * 5n) / 11n;
        const ofMakers = (total * 3n) / 11n;
        expect(gained.get(bob.address)).to.equal((ofFirst * 6n) / 10n + (ofSecond * 6n) / 10n);
        expect(gained.get(carol.address)).to.equal((ofFirst * 4n) / 10n + (ofSecond * 4n) / 10n);
        expect(gained.get(dave.address)).to.equal(ofMakers / 3n);
        expect(gained.get(maker.address)).to.equal((ofMakers * 2n) / 3n);

        const atHub = await balanceOf(loaded, currency, hub);
        const atShares = [first, second].map((shares) => balanceOf(loaded, currency, shares));
        const [atFirst = 0n, atSecond = 0n] = await Promise.all(atShares);
        const out = [...gained.values()].reduce((sum, amount) => sum + amount, 0n);
        expect(out + atHub + atFirst + atSecond, "every wei").to.equal(total);
        expect(atHub, "SPL-03: less than 3 of the outer and 2 of the inner split").to.be.below(4n);
        for (const [shares, held] of [
          [first, atFirst],
          [second, atSecond],
        ] as const) {
          expect(await shares.heldOf(currency), "OWN-02").to.equal(held);
          expect(held, "OWN-02: less than its two holders").to.be.below(2n);
        }
      });
    }

    it("follows a machine's operator, if the machine is named by its split and not by its shares", async () => {
      const loaded = await load();
      const { first, hub, accounts } = loaded;
      const { alice, dave } = accounts;
      const machine = await machineSplit(first, alice);
      const outer = await splitAmong([
        [machine.id, 1],
        [dave, 1],
      ]);
      await payPlainly(loaded, await hub.receiverOf(outer.id), 2_000n);
      await hub.flush(outer.id, NATIVE);
      await carryOut(loaded, first.connect(accounts.bob), "SetOperator", [dave.address]);
      await hub.distribute(outer.terms, NATIVE, outer.recipients);
      expect(await first.collect.staticCall(NATIVE)).to.equal(800n);
      const theirs = await machineSplit(first, dave);
      expect(payeeOf(theirs.id)).to.equal(await hub.successorOf(machine.id));
      const { recipient } = theirs.proofOf(dave.address);
      expect(await hub.releasable(theirs.terms, NATIVE, recipient)).to.equal(200n);
    });
  });

  describe("after the holders chose another operator", () => {
    it("SPL-05 is divided with him, and what was credited before with the old one", async () => {
      const loaded = await load();
      const { first, hub, accounts, receiver } = loaded;
      const { alice, bob, dave } = accounts;
      const old = await machineSplit(first, alice);
      await payPlainly(loaded, receiver, 1_000n);
      await hub.flush(old.id, NATIVE);
      await payPlainly(loaded, receiver, 500n);
      await carryOut(loaded, first.connect(bob), "SetOperator", [dave.address]);
      await payPlainly(loaded, receiver, 300n);
      expect(await first.revenueReceiver(), "the same receiver").to.equal(receiver);
      const theirs = await machineSplit(first, dave);
      expect(await hub.successorOf(old.id)).to.equal(theirs.id);

      expect(await first.collect.staticCall(NATIVE), "of 800 since").to.equal(640n);
      await first.collect(NATIVE);
      const ofDave = () => release(loaded, theirs, dave, NATIVE);
      expect(await gainOf(loaded, NATIVE, dave, ofDave), "SPL-05").to.equal(160n);
      const ofAlice = () => release(loaded, old, alice, NATIVE);
      expect(await gainOf(loaded, NATIVE, alice, ofAlice), "SPL-05").to.equal(200n);
      await release(loaded, old, first, NATIVE);
      expect(await first.sync.staticCall(NATIVE), "SPL-05: of 1,000 before").to.equal(800n);
      await first.sync(NATIVE);
      expect(await balanceOf(loaded, NATIVE, hub), "SPL-03").to.equal(0n);
      expect(await claimedBy(loaded, first, NATIVE)).to.deep.equal([864n, 576n]);
    });

    it("SPL-05 comes back to the first one's split when he is chosen again", async () => {
      const loaded = await load();
      const { first, hub, accounts, receiver } = loaded;
      const { alice, bob, dave } = accounts;
      const old = await machineSplit(first, alice);
      await carryOut(loaded, first.connect(bob), "SetOperator", [dave.address]);
      await payPlainly(loaded, receiver, 100n);
      await first.collect(NATIVE);
      await carryOut(loaded, first.connect(bob), "SetOperator", [alice.address]);
      await payPlainly(loaded, receiver, 50n);
      expect(await first.collect.staticCall(NATIVE)).to.equal(40n);
      await first.collect(NATIVE);
      expect(await hub.successorOf(old.id)).to.equal(ZeroHash);
      const theirs = await machineSplit(first, dave);
      const ofDave = () => release(loaded, theirs, dave, NATIVE);
      expect(await gainOf(loaded, NATIVE, dave, ofDave), "SPL-05").to.equal(20n);
      const ofAlice = () => release(loaded, old, alice, NATIVE);
      expect(await gainOf(loaded, NATIVE, alice, ofAlice), "SPL-05").to.equal(10n);
    });
  });
});
