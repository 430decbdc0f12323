import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { Stage } from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { deployWallet } from "../identity/fixture.js";
import { nextBlockAt } from "../identity/registry.js";
import { ALL, COIN, DAY, now, passMotion, workingMachine } from "./fixture.js";
import { coinOf, eventsBy, giveCoin, machines, placeBid, withOtherDevice } from "./machine.js";

/** The price of a share for each of the usual machine's 1,500. */
const FLOOR = 1_500n * COIN;
const PRICE = FLOOR + 7n;
const IN_WALLET = 5n * COIN + 1n;
const KEPT = 3n * COIN;

describe("MachineShares: sold", () => {
  /** Dave's bid has passed; the wallet holds tokens, of which it would keep some, and coin. */
  const load = machines(async (its) => {
    const { token, deviceRegistry, charger, machineVotes, accounts } = its;
    const workingBalances = [{ currency: token.target as string, amount: KEPT }];
    const shares = await workingMachine(its, { machine: { workingBalances } });
    const account = await deviceRegistry.accountOf(charger.deviceId);
    await token.mint(account, IN_WALLET);
    await giveCoin(its, account, COIN);
    const bidId = await placeBid(its, shares, PRICE);
    const passed = await passMotion(its, shares, "AcceptBid", [bidId]);
    const votes = machineVotes.connect(accounts.relayer);
    return { shares, account, bidId, votes, ...passed };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const execute = ({ votes, shares, proposalId, payload }: Loaded) =>
    votes.execute(shares, proposalId, payload);

  it("gives the bidder the device, and the holders price and wallet", async () => {
    const its = await load();
    const { shares, token, accounts, account, bidId, deviceRegistry, charger } = its;
    const { dave } = accounts;
    const votes = its.machineVotes;
    const receipt = await (await execute(its)).wait();
    const of = (contract: MachineShares | typeof votes) =>
      (receipt?.logs ?? [])
        .filter(({ address }) => address === contract.target)
        .map((log) => contract.interface.parseLog(log))
        .map((event) => [event?.name, ...((event?.args ?? []) as unknown[])]);
    expect(of(votes)).to.deep.equal([
      ["ProposalExecuted", shares.target, its.proposalId],
      ["BidAccepted", shares.target, bidId, dave.address, PRICE],
    ]);
    expect(of(shares)).to.deep.equal([
      ["AccountSwept", token.target, IN_WALLET],
      ["DividendDeposited", token.target, ZeroAddress, PRICE],
      ["MachineSold", dave.address],
    ]);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(dave.address);
    expect(await shares.stage()).to.equal(Stage.Ended);
    expect(await token.balanceOf(votes)).to.equal(0n);
    expect(await token.balanceOf(account), "the working balance as well").to.equal(0n);
    expect(await coinOf(its, account), "other currencies go along").to.equal(COIN);
  });

  it("OWN-09 pays the price and what was swept, in its currency, but for dust", async () => {
    const its = await load();
    const { shares, token, accounts, machineOfferings } = its;
    await execute(its);
    let paid = 0n;
    for (const holder of [accounts.bob, accounts.carol, accounts.alice]) {
      paid += await shares.claimFor.staticCall(holder, token, ALL);
      await shares.claimFor(holder, token, ALL);
    }
    expect(await shares.claimable(machineOfferings, token)).to.equal(0n);
    const dust = PRICE + IN_WALLET - paid;
    expect(dust, "OWN-09").to.equal(await shares.heldOf(token));
    expect(dust < 4n, "OWN-09").to.equal(true);
    expect(await shares.heldOf(NATIVE)).to.equal(0n);
  });

  it("lets no share move, and pays dividends on", async () => {
    const its = await load();
    const { shares, accounts } = its;
    await execute(its);
    await expect(shares.transfer(accounts.carol, 1))
      .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
      .withArgs(2);
    await shares.deposit(NATIVE, 1_000, { value: 1_000n });
    expect(await shares.claim.staticCall(NATIVE, ALL)).to.equal(600n);
    await accounts.dave.sendTransaction({ to: await shares.revenueReceiver(), value: 1_000n });
    expect(await shares.collect.staticCall(NATIVE), "what still comes to the split").to.equal(800n);
    await shares.collect(NATIVE);
    await shares.claim(NATIVE, ALL);
  });

  it("ends the operator's use and grants, and the payee", async () => {
    const its = await load();
    const { accounts, deviceRegistry, charger } = its;
    const { alice } = accounts;
    await execute(its);
    const { deviceId } = charger;
    expect(await deviceRegistry.userOf(deviceId)).to.equal(ZeroAddress);
    expect(await deviceRegistry.permissionsOf(deviceId, alice)).to.equal(0n);
    expect(await deviceRegistry.revenuePayeeOf(deviceId)).to.equal(ZeroAddress);
  });

  it("leaves the former holders nothing of the wallet and the device", async () => {
    const its = await load();
    const { shares, token, accounts, account } = its;
    await execute(its);
    await token.mint(account, COIN);
    for (const act of [() => shares.sweepAccount(token), () => shares.unwrap(accounts.bob)]) {
      await expect(act())
        .to.be.revertedWithCustomError(shares, "MachineSharesWrongStage")
        .withArgs(Stage.Ended);
    }
    await expect(its.machineVotes.connect(accounts.bob).propose(shares, 3, "0x"))
      .to.be.revertedWithCustomError(its.machineVotes, "MachineVotesNotActive")
      .withArgs(shares.target);
  });

  it("is sold once, of two bids that passed", async () => {
    const its = await load();
    const { shares, accounts, token } = its;
    const second = await placeBid(its, shares, FLOOR, { bidder: accounts.alice });
    const passed = await passMotion(its, shares, "AcceptBid", [second]);
    await execute(its);
    await expect(its.votes.execute(shares, passed.proposalId, passed.payload))
      .to.be.revertedWithCustomError(shares, "MachineSharesWrongStage")
      .withArgs(Stage.Ended);
    const before = await token.balanceOf(accounts.alice);
    await its.votes.withdrawBid(shares, second);
    expect(await token.balanceOf(accounts.alice)).to.equal(before + FLOOR);
  });

  it("is sold to the last second of the bid", async () => {
    const its = await withOtherDevice(await load());
    const shares = await workingMachine(its);
    const expiry = (await now(its)) + 10 * DAY;
    const bidId = await placeBid(its, shares, FLOOR, { expiry });
    const passed = await passMotion(its, shares, "AcceptBid", [bidId]);
    await nextBlockAt(its, expiry);
    await its.machineVotes.execute(shares, passed.proposalId, passed.payload);
    expect(await shares.stage()).to.equal(Stage.Ended);
  });

  it("is sold to a contract, for coin", async () => {
    const its = await withOtherDevice(await load());
    const { connection, machineVotes, accounts, deviceRegistry, charger, token } = its;
    const shares = await workingMachine(its, { native: true });
    const wallet = await deviceRegistry.accountOf(charger.deviceId);
    await giveCoin(its, wallet, COIN);
    await token.mint(wallet, COIN);
    const buyer = await connection.ethers.deployContract("RevertingReceiver");
    const expiry = (await now(its)) + 100 * DAY;
    const bid = machineVotes.interface.encodeFunctionData("bid", [shares.target, PRICE, expiry]);
    await buyer.execute(machineVotes, bid, { value: PRICE });
    const passed = await passMotion(its, shares, "AcceptBid", [1]);
    await machineVotes.connect(accounts.relayer).execute(shares, passed.proposalId, passed.payload);
    expect(await shares.heldOf(NATIVE)).to.equal(PRICE + COIN);
    expect(await coinOf(its, shares)).to.equal(PRICE + COIN);
    expect(await coinOf(its, wallet)).to.equal(0n);
    expect(await token.balanceOf(wallet)).to.equal(COIN);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(buyer.target);
  });

  describe("R15 with a wallet that cannot be swept", () => {
    it("goes on while the seller's lock lasts", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, charger, token, machineVotes, deviceRegistry } = its;
      const wallet = await deployWallet(its, charger.deviceId);
      await wallet.connect(accounts.alice).lock((await now(its)) + 30 * DAY);
      const shares = await workingMachine(its);
      await token.mint(wallet, COIN);
      const bidId = await placeBid(its, shares, PRICE);
      const passed = await passMotion(its, shares, "AcceptBid", [bidId]);
      const sending = machineVotes.execute(shares, passed.proposalId, passed.payload);
      expect(await eventsBy(shares, sending)).to.deep.equal([
        ["FinalSweepFailed"],
        ["DividendDeposited", token.target, ZeroAddress, PRICE],
        ["MachineSold", accounts.dave.address],
      ]);
      expect(await shares.heldOf(token)).to.equal(PRICE);
      expect(await token.balanceOf(wallet)).to.equal(COIN);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.dave.address);
    });

    /** A machine in a token that freezes its wallet, and a bid that passed. */
    async function frozen() {
      const its = await withOtherDevice(await load());
      const { accounts, connection, machineOfferings, machineVotes, charger } = its;
      const currency = await connection.ethers.deployContract("FreezingERC20");
      for (const account of [accounts.bob, accounts.carol, accounts.dave]) {
        await currency.mint(account, 10_000n * COIN);
        for (const spender of [machineOfferings, machineVotes]) {
          await currency.connect(account).approve(spender, ALL);
        }
      }
      const machine = { currency: currency.target as string };
      const shares = await workingMachine({ ...its, token: currency }, { machine });
      const wallet = await its.deviceRegistry.accountOf(charger.deviceId);
      await currency.mint(wallet, COIN);
      await currency.freeze(wallet, true);
      const bidId = await placeBid(its, shares, PRICE);
      const passed = await passMotion(its, shares, "AcceptBid", [bidId]);
      return { ...its, shares, currency, passed };
    }

    for (const burns of [false, true]) {
      it(`OWN-10 goes on where the currency ${burns ? "burns the gas" : "refuses"}`, async () => {
        const { shares, currency, passed, machineVotes, accounts } = await frozen();
        await currency.burnGas(burns);
        // Little more than the least: a part of it is all that can be burnt.
        const sending = machineVotes.execute(shares, passed.proposalId, passed.payload, {
          gasLimit: 1_200_000n,
        });
        expect(await eventsBy(shares, sending)).to.deep.equal([
          ["FinalSweepFailed"],
          ["DividendDeposited", currency.target, ZeroAddress, PRICE],
          ["MachineSold", accounts.dave.address],
        ]);
        expect(await shares.claimable(accounts.bob, currency)).to.equal((PRICE * 600n) / 1_000n);
      });
    }
  });

  describe("with little gas", () => {
    it("is refused rather than sold without the wallet's money", async () => {
      const its = await load();
      const { shares, token, connection } = its;
      const { takeSnapshot } = connection.networkHelpers;
      const seen = { refused: 0, sold: 0 };
      for (let gasLimit = 600_000n; gasLimit <= 1_500_000n; gasLimit += 60_000n) {
        const snapshot = await takeSnapshot();
        const { votes, proposalId, payload } = its;
        const sent = await votes
          .execute(shares, proposalId, payload, { gasLimit })
          .then((transaction) => transaction.wait())
          .catch(() => null);
        if (sent === null) {
          ++seen.refused;
          expect(await shares.stage()).to.equal(Stage.Active);
        } else {
          ++seen.sold;
          expect(await shares.heldOf(token), "all of it").to.equal(PRICE + IN_WALLET);
        }
        await snapshot.restore();
      }
      expect(seen.refused).to.be.greaterThan(0);
      expect(seen.sold).to.be.greaterThan(0);
    });

    it("says how much it needs", async () => {
      const { votes, shares, proposalId, payload } = await load();
      await expect(votes.execute(shares, proposalId, payload, { gasLimit: 700_000n }))
        .to.be.revertedWithCustomError(shares, "MachineSharesInsufficientGas")
        .withArgs(700_000n);
    });
  });

  describe("unwrapped", () => {
    it("gives who has all shares the device, to whom he likes, and claims go on", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, deviceRegistry, charger, token } = its;
      const { bob, stranger } = accounts;
      const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
      await shares.deposit(token, 1_000);
      expect(await eventsBy(shares, shares.unwrap(stranger))).to.deep.equal([
        ["MachineUnwrapped", bob.address, stranger.address],
      ]);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(stranger.address);
      expect(await shares.stage()).to.equal(Stage.Ended);
      expect(await shares.claim.staticCall(token, ALL)).to.equal(1_000n);
      await expect(shares.unwrap(bob), "R21")
        .to.be.revertedWithCustomError(shares, "MachineSharesWrongStage")
        .withArgs(Stage.Ended);
    });

    it("takes the last share", async () => {
      const its = await withOtherDevice(await load());
      const { accounts } = its;
      const { bob, carol } = accounts;
      const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
      await shares.transfer(carol, 1);
      for (const [account, balance] of [
        [bob, 999],
        [carol, 1],
        [accounts.stranger, 0],
      ] as const) {
        await expect(shares.connect(account).unwrap(account))
          .to.be.revertedWithCustomError(shares, "MachineSharesNotSoleHolder")
          .withArgs(balance, 1_000);
      }
      await shares.connect(carol).transfer(bob, 1);
      await shares.unwrap(bob);
    });

    it("takes the shares that may yet vest, and not those that never will", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, machineOfferings, connection, deviceRegistry, charger } = its;
      const { bob } = accounts;
      const shares = await workingMachine(its, {}, [[bob, 1_000]]);
      const { time } = connection.networkHelpers;
      const needed = async (shares_: number) =>
        expect(shares.unwrap(bob))
          .to.be.revertedWithCustomError(shares, "MachineSharesNotSoleHolder")
          .withArgs(1_000, shares_);
      await needed(1_500);
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await time.increaseTo(deadline + 1n);
      await machineOfferings.expire(shares, 0);
      await needed(1_350);
      await machineOfferings.expire(shares, 1);
      await needed(1_200);
      await machineOfferings.expire(shares, 2);
      await shares.unwrap(bob);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(bob.address);
    });

    it("goes neither to nobody nor to the device's own wallet", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, deviceRegistry, charger } = its;
      const { bob } = accounts;
      const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
      await expect(shares.unwrap(ZeroAddress))
        .to.be.revertedWithCustomError(deviceRegistry, "ERC721InvalidReceiver")
        .withArgs(ZeroAddress);
      const wallet = await deviceRegistry.accountOf(charger.deviceId);
      await expect(shares.unwrap(wallet))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryOwnershipCycle")
        .withArgs(charger.deviceId, wallet);
      expect(await shares.stage()).to.equal(Stage.Active);
    });

    it("goes to no contract that could not give it back: the shares, the offerings, any other", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, deviceRegistry, machineOfferings, machineVotes, charger, token } = its;
      const { bob } = accounts;
      const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
      for (const { target } of [shares, machineOfferings, machineVotes, token]) {
        await expect(shares.unwrap(target))
          .to.be.revertedWithCustomError(deviceRegistry, "ERC721InvalidReceiver")
          .withArgs(target);
      }
      expect(await shares.stage()).to.equal(Stage.Active);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(shares.target);
      await shares.transfer(accounts.carol, 1);
    });

    it("is refused while raising, even to nobody who has nothing", async () => {
      const { machineShares, accounts } = await load();
      await expect(machineShares.unwrap(accounts.bob))
        .to.be.revertedWithCustomError(machineShares, "MachineSharesWrongStage")
        .withArgs(Stage.Raising);
    });
  });
});
