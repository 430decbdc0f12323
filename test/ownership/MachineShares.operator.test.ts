import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { datasetOf, preparePublication } from "../../scripts/lib/data/publishing.js";
import { NATIVE, NEVER } from "../../scripts/lib/identity.js";
import { Stage } from "../../scripts/lib/ownership/machines.js";
import { buildSplit, payeeOf } from "../../scripts/lib/ownership/splits.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { freshRoot } from "../data/fixture.js";
import { deployWallet } from "../identity/fixture.js";
import { plain, Status } from "../identity/registry.js";
import {
  ALL,
  carryOut,
  COIN,
  contribute,
  openOffering,
  passMotion,
  workingMachine,
} from "./fixture.js";
import { eventsBy, machines, releaseMilestone, SUPPLY, withOtherDevice } from "./machine.js";

/** To read and publish data, to replace the document, to suspend and resume. */
const ALL_THREE = 7n;

describe("MachineShares: who runs the machine", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** The split of holders and an operator, as anybody can build it. */
  const splitWith = (shares: MachineShares, operator: string) =>
    buildSplit(
      [
        { address: shares.target as string, share: 8_000 },
        { address: operator, share: 2_000 },
      ],
      { controller: shares.target as string },
    );

  describe("sealed", () => {
    it("says who issues, who runs it, and how many shares there are at which floor", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, machineOfferings, deviceRegistry, charger } = its;
      const shares = await openOffering(its);
      await contribute(its, shares, accounts.bob, 1_000);
      expect(await eventsBy(shares, machineOfferings.finalise(shares))).to.deep.equal([
        ["Transfer", ZeroAddress, machineOfferings.target, 500n],
        ["OperatorSet", accounts.alice.address],
        ["MachineSealed", SUPPLY, 1_500n * COIN],
      ]);
      expect(await shares.operator()).to.equal(accounts.alice.address);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(shares.target);
    });

    it("has its operator as the device's user, with three permissions, for good", async () => {
      const { accounts, deviceRegistry, charger } = await load();
      const { alice } = accounts;
      expect(await deviceRegistry.userOf(charger.deviceId)).to.equal(alice.address);
      expect(await deviceRegistry.userExpires(charger.deviceId)).to.equal(BigInt(NEVER));
      expect(await deviceRegistry.permissionsOf(charger.deviceId, alice)).to.equal(ALL_THREE);
    });

    it("has the receiver of its split as the device's payee", async () => {
      const { shares, accounts, deviceRegistry, charger, splitHub } = await load();
      const { id: splitId, terms } = splitWith(shares, accounts.alice.address);
      expect(plain(await shares.splitOf(accounts.alice))).to.deep.equal(
        { ...terms, total: 10_000n },
        "anybody can build it",
      );
      const receiver = await shares.revenueReceiver();
      expect(receiver).to.equal(await splitHub.receiverOf(splitId));
      expect(await deviceRegistry.revenuePayeeOf(charger.deviceId)).to.equal(receiver);
    });
  });

  describe("the operator", () => {
    it("suspends and resumes the device, and sets its document", async () => {
      const { accounts, deviceRegistry, charger } = await load();
      const devices = deviceRegistry.connect(accounts.alice);
      const { deviceId } = charger;
      await devices.suspend(deviceId);
      expect(await devices.statusOf(deviceId)).to.equal(Status.Suspended);
      await devices.resume(deviceId);
      expect(await devices.statusOf(deviceId)).to.equal(Status.Active);
      await devices.setDocument(deviceId, id("a document"), "https://a.example");
      expect(await devices.documentHashOf(deviceId)).to.equal(id("a document"));
    });

    it("publishes data, whose income can only go to the split", async () => {
      const { shares, accounts, dataAssets, charger } = await load();
      const { alice, relayer } = accounts;
      const root = freshRoot();
      const publication = datasetOf(charger, alice.address, root);
      await relayer.sendTransaction(await preparePublication(dataAssets, charger, publication));
      const assetId = await dataAssets.assetOf(charger.deviceId, root);
      expect(await dataAssets.isPayeeFixed(assetId)).to.equal(true);
      const { payee } = await dataAssets.standingOf(assetId);
      expect(payee).to.equal(await shares.revenueReceiver());
      await expect(
        dataAssets.connect(alice).setPayee(assetId, alice),
      ).to.be.revertedWithCustomError(dataAssets, "DataAssetsFixedPayee");
    });

    it("cannot set user, payee or grants, announce a key, retire, or move the device", async () => {
      const { shares, accounts, deviceRegistry, charger } = await load();
      const { alice, dave } = accounts;
      const { deviceId } = charger;
      const devices = deviceRegistry.connect(alice);
      for (const act of [
        () => devices.setRevenuePayee(deviceId, alice),
        () => devices.grantPermissions(deviceId, dave, 1, NEVER),
        () => devices.revokeAllGrants(deviceId),
        () => devices.announceKeyRotation(deviceId, id("a key")),
        () => devices.retire(deviceId),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(devices, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, alice.address);
      }
      for (const act of [
        () => devices.setUser(deviceId, dave, NEVER),
        () => devices.transferFrom(shares, alice, deviceId),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(devices, "ERC721InsufficientApproval")
          .withArgs(alice.address, deviceId);
      }
    });

    it("cannot touch the device's wallet", async () => {
      const its = await load();
      const { accounts, charger } = its;
      const wallet = await deployWallet(its, charger.deviceId);
      const { alice } = accounts;
      for (const act of [
        () => wallet.connect(alice).execute(alice, 0, "0x", 0),
        () => wallet.connect(alice).setPolicy(1, NEVER, [], []),
        () => wallet.connect(alice).lock(NEVER),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
          .withArgs(alice.address);
      }
    });
  });

  describe("collect", () => {
    /** Somebody pays the machine plainly. */
    async function payMachine({ shares, token, accounts }: Loaded, amount: bigint): Promise<void> {
      await token.connect(accounts.dave).transfer(await shares.revenueReceiver(), amount);
    }

    it("brings in the holders' part of what was paid plainly, and leaves the operator his", async () => {
      const loaded = await load();
      const { shares, token, accounts, splitHub } = loaded;
      const { alice, stranger } = accounts;
      await payMachine(loaded, 10_001n);
      const asStranger = shares.connect(stranger);
      expect(await asStranger.collect.staticCall(token)).to.equal(8_000n);
      expect(await eventsBy(shares, asStranger.collect(token))).to.deep.equal([
        ["DividendDeposited", token.target, ZeroAddress, 8_000n],
      ]);
      expect(await shares.heldOf(token)).to.equal(8_000n);
      const recipient = { payee: payeeOf(alice.address), shares: 2_000 };
      const split = plain(await shares.splitOf(alice));
      expect(await splitHub.releasable(split as never, token, recipient)).to.equal(2_000n);
      expect(await asStranger.collect.staticCall(token)).to.equal(0n);
      expect(await eventsBy(shares, asStranger.collect(token)), "R21").to.deep.equal([]);
    });

    it("brings in coin, and what was deposited with the hub", async () => {
      const loaded = await load();
      const { shares, accounts, splitHub } = loaded;
      const { dave, alice } = accounts;
      await dave.sendTransaction({ to: await shares.revenueReceiver(), value: 1_000n });
      const { id: splitId } = splitWith(shares, alice.address);
      await splitHub.connect(dave).deposit(splitId, NATIVE, 500, { value: 500n });
      expect(await shares.collect.staticCall(NATIVE)).to.equal(1_200n);
      await shares.collect(NATIVE);
      expect(await shares.heldOf(NATIVE)).to.equal(1_200n);
    });

    it("books what came to the machine itself along with it", async () => {
      const loaded = await load();
      const { shares, token, accounts } = loaded;
      await payMachine(loaded, 1_000n);
      await token.connect(accounts.dave).transfer(shares, 11n);
      expect(await shares.collect.staticCall(token)).to.equal(811n);
    });

    it("OWN-10 R30 brings in the holders' part though the operator refuses his", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, connection, splitHub } = its;
      const refusing = await connection.ethers.deployContract("RevertingReceiver");
      const operator = refusing.target as string;
      const shares = await workingMachine(its, { machine: { operator } });
      await accounts.dave.sendTransaction({ to: await shares.revenueReceiver(), value: 1_000n });
      await shares.collect(NATIVE);
      await shares.claim(NATIVE, ALL);
      expect(await shares.claimable(accounts.carol, NATIVE)).to.equal(320n);
      const { terms, proofOf } = splitWith(shares, operator);
      const { recipient, proof } = proofOf(operator);
      await expect(splitHub.release(terms, NATIVE, recipient, proof))
        .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
        .withArgs(200n);
    });

    it("brings in nothing while raising, and all of it afterwards", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, machineOfferings, token } = its;
      const shares = await openOffering(its);
      await contribute(its, shares, accounts.bob, 1_000);
      expect(await shares.collect.staticCall(token)).to.equal(0n);
      await payMachine({ ...its, shares }, 1_000n);
      expect(await shares.collect.staticCall(token)).to.equal(0n);
      await shares.collect(token);
      await machineOfferings.finalise(shares);
      expect(await shares.collect.staticCall(token)).to.equal(800n);
      await shares.collect(token);
      expect(await shares.claimable(accounts.bob, token)).to.equal(800n);
    });

    it("brings in everything where the operator has no part, and next to nothing where he has all but", async () => {
      const its = await load();
      for (const [operatorBps, received] of [
        [0, 10_000n],
        [9_999, 1n],
      ] as const) {
        const other = await withOtherDevice(its);
        const shares = await workingMachine(other, { machine: { operatorBps } });
        await payMachine({ ...other, shares }, 10_000n);
        expect(await shares.collect.staticCall(its.token)).to.equal(received);
      }
    });
  });

  describe("replaced by a vote", () => {
    const replaced = async () => {
      const loaded = await load();
      await carryOut(loaded, loaded.shares, "SetOperator", [loaded.accounts.dave.address]);
      return loaded;
    };

    const released = async (
      { shares, splitHub, token }: Loaded,
      operator: string,
      account: string,
    ): Promise<void> => {
      const { terms, proofOf } = splitWith(shares, operator);
      const { recipient, proof } = proofOf(account);
      await splitHub.release(terms, token, recipient, proof);
    };

    it("ends the one's use and grants, and begins the other's", async () => {
      const loaded = await load();
      const { shares, accounts, deviceRegistry, charger, machineVotes } = loaded;
      const { alice, dave, relayer } = accounts;
      const { deviceId } = charger;
      const passed = await passMotion(loaded, shares, "SetOperator", [dave.address]);
      const votes = machineVotes.connect(relayer);
      const sending = votes.execute(shares, passed.proposalId, passed.payload);
      expect(await eventsBy(shares, sending)).to.deep.equal([["OperatorSet", dave.address]]);
      expect(await shares.operator()).to.equal(dave.address);
      expect(await deviceRegistry.userOf(deviceId)).to.equal(dave.address);
      expect(await deviceRegistry.userExpires(deviceId)).to.equal(BigInt(NEVER));
      expect(await deviceRegistry.permissionsOf(deviceId, dave)).to.equal(ALL_THREE);
      expect(await deviceRegistry.permissionsOf(deviceId, alice)).to.equal(0n);
      await expect(deviceRegistry.connect(alice).suspend(deviceId))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryUnauthorized")
        .withArgs(deviceId, alice.address);
      await deviceRegistry.connect(dave).suspend(deviceId);
    });

    it("keeps the receiver and the payee, and names the new split at the hub", async () => {
      const { shares, accounts, deviceRegistry, charger, splitHub } = await replaced();
      const [old, next] = [accounts.alice, accounts.dave].map((operator) =>
        splitWith(shares, operator.address),
      );
      expect(await splitHub.successorOf(old?.id ?? "")).to.equal(next?.id);
      const receiver = await splitHub.receiverOf(old?.id ?? "");
      expect(await shares.revenueReceiver()).to.equal(receiver);
      expect(await deviceRegistry.revenuePayeeOf(charger.deviceId)).to.equal(receiver);
      expect(plain(await shares.splitOf(accounts.dave))).to.deep.equal({
        ...next?.terms,
        total: 10_000n,
      });
    });

    it("SPL-05 leaves the one what came in before, and gives the other what comes in from then on", async () => {
      const loaded = await load();
      const { shares, accounts, token, splitHub } = loaded;
      const { alice, dave, arbiter } = accounts;
      const receiver = await shares.revenueReceiver();
      await token.connect(dave).transfer(receiver, 1_000n);
      await splitHub.flush(splitWith(shares, alice.address).id, token);
      await carryOut(loaded, shares, "SetOperator", [arbiter.address]);
      await token.connect(dave).transfer(receiver, 5_000n);
      expect(await shares.collect.staticCall(token), "of the new split").to.equal(4_000n);
      await shares.collect(token);
      const before = await token.balanceOf(alice);
      await released(loaded, alice.address, alice.address);
      await released(loaded, arbiter.address, arbiter.address);
      expect((await token.balanceOf(alice)) - before).to.equal(200n);
      expect(await token.balanceOf(arbiter)).to.equal(1_000n);
      await released(loaded, alice.address, shares.target as string);
      expect(await shares.sync.staticCall(token), "the holders' part of the old one").to.equal(
        800n,
      );
    });

    it("counts for the new one what nobody had flushed", async () => {
      const loaded = await load();
      const { shares, accounts, token } = loaded;
      const { alice, dave, arbiter } = accounts;
      await token.connect(dave).transfer(await shares.revenueReceiver(), 1_000n);
      await carryOut(loaded, shares, "SetOperator", [arbiter.address]);
      await shares.collect(token);
      const before = await token.balanceOf(alice);
      await released(loaded, arbiter.address, arbiter.address);
      await released(loaded, alice.address, alice.address);
      expect(await token.balanceOf(arbiter)).to.equal(200n);
      expect(await token.balanceOf(alice)).to.equal(before);
    });

    it("goes from one to another, and back to the first, who needs no successor", async () => {
      const loaded = await replaced();
      const { shares, accounts, deviceRegistry, charger, splitHub, token } = loaded;
      const { alice, arbiter, dave } = accounts;
      const { deviceId } = charger;
      const first = splitWith(shares, alice.address).id;
      await carryOut(loaded, shares, "SetOperator", [arbiter.address]);
      expect(await splitHub.successorOf(first)).to.equal(splitWith(shares, arbiter.address).id);
      expect(await deviceRegistry.permissionsOf(deviceId, dave)).to.equal(0n);
      await carryOut(loaded, shares, "SetOperator", [alice.address]);
      expect(await splitHub.successorOf(first)).to.equal(ZeroHash);
      expect(await shares.operator()).to.equal(alice.address);
      expect(await deviceRegistry.userOf(deviceId)).to.equal(alice.address);
      expect(await deviceRegistry.permissionsOf(deviceId, alice)).to.equal(ALL_THREE);
      expect(await deviceRegistry.permissionsOf(deviceId, arbiter)).to.equal(0n);
      await token.connect(dave).transfer(await shares.revenueReceiver(), 1_000n);
      await shares.collect(token);
      expect(await shares.heldOf(token)).to.equal(800n);
    });

    it("keeps in charge who is in charge", async () => {
      const loaded = await replaced();
      const { shares, accounts, deviceRegistry, charger, splitHub } = loaded;
      const { alice, dave } = accounts;
      await carryOut(loaded, shares, "SetOperator", [dave.address]);
      expect(await deviceRegistry.permissionsOf(charger.deviceId, dave)).to.equal(ALL_THREE);
      const successor = await splitHub.successorOf(splitWith(shares, alice.address).id);
      expect(successor).to.equal(splitWith(shares, dave.address).id);
    });

    it("is refused for nobody, for the machine itself, and for the issuer", async () => {
      const loaded = await load();
      const { shares, accounts, machineVotes, machineOfferings } = loaded;
      for (const refused of [ZeroAddress, shares.target, machineOfferings.target]) {
        const operator = refused as string;
        const { proposalId, payload } = await passMotion(loaded, shares, "SetOperator", [operator]);
        await expect(machineVotes.execute(shares, proposalId, payload))
          .to.be.revertedWithCustomError(shares, "MachineSharesInvalidOperator")
          .withArgs(operator);
        const { executed } = await machineVotes.proposalOf(shares, proposalId);
        expect(executed).to.equal(false);
      }
      expect(await shares.operator()).to.equal(accounts.alice.address);
      expect(await shares.stage()).to.equal(Stage.Active);
    });

    it("pays the milestones of the one in charge when they are released", async () => {
      const loaded = await replaced();
      const { shares, accounts, machineOfferings } = loaded;
      await releaseMilestone(loaded, shares, 0);
      expect(await shares.balanceOf(accounts.dave)).to.equal(150n);
      expect(await shares.balanceOf(accounts.alice)).to.equal(0n);
      expect(await machineOfferings.claimable(loaded.token, accounts.dave)).to.not.equal(0n);
    });
  });
});
