import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { prepareSpending } from "../../scripts/lib/devices.js";
import { NATIVE, NEVER } from "../../scripts/lib/identity.js";
import { Motion, Stage } from "../../scripts/lib/ownership/machines.js";
import { deployWallet, registerDevice } from "../identity/fixture.js";
import {
  nextBlockAt,
  rotationMessage,
  rotationOf,
  signRotation,
  Status,
} from "../identity/registry.js";
import {
  ALL,
  carryOut,
  COIN,
  DAY,
  now,
  type Ownership,
  passMotion,
  workingMachine,
} from "./fixture.js";
import { bring, coinOf, EARNING, eventsBy, giveCoin, machines, placeBid, vote } from "./machine.js";

const NOTICE = 7 * DAY;

describe("MachineShares: what holders decide about the device", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));

  describe("another key", () => {
    /** A motion for another key is carried out, and both keys have signed. */
    async function voted() {
      const loaded = await load();
      const { shares, deviceRegistry, charger } = loaded;
      const next = Secp256k1Key.generate();
      await carryOut(loaded, shares, "RotateKey", [next.keyHash]);
      const readyAt = (await now(loaded)) + NOTICE;
      const message = await rotationMessage(deviceRegistry, charger.deviceId, next);
      return {
        ...loaded,
        next,
        readyAt,
        rotation: rotationOf(charger.deviceId, next),
        byNew: await signRotation(deviceRegistry, next, message),
        byOld: await signRotation(deviceRegistry, charger, message),
      };
    }

    it("is announced at the registry, and nothing else changes yet", async () => {
      const { deviceRegistry, charger, next, readyAt } = await voted();
      expect(await deviceRegistry.pendingKeyRotationOf(charger.deviceId)).to.deep.equal([
        next.keyHash,
        BigInt(readyAt),
      ]);
      expect(await deviceRegistry.keyHashOf(charger.deviceId)).to.equal(charger.keyHash);
    });

    it("is taken from anyone at once, if the old key signs too", async () => {
      const { shares, accounts, deviceRegistry, charger, next, rotation, byNew, byOld } =
        await voted();
      const sending = shares.connect(accounts.stranger).rotateKey(rotation, byNew, byOld);
      expect(await eventsBy(deviceRegistry, sending)).to.deep.equal([
        ["KeyRotated", charger.deviceId, charger.keyHash, next.keyHash, 1n, next.key],
        ["MetadataUpdate", charger.deviceId],
      ]);
      expect(await deviceRegistry.keyHashOf(charger.deviceId)).to.equal(next.keyHash);
    });

    it("is taken without the old key after seven days, and not before", async () => {
      const loaded = await voted();
      const { shares, accounts, deviceRegistry, charger, next, rotation, byNew, readyAt } = loaded;
      const asStranger = shares.connect(accounts.stranger);
      await nextBlockAt(loaded, readyAt - 1);
      await expect(asStranger.rotateKey(rotation, byNew, "0x"))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryRotationNotReady")
        .withArgs(charger.deviceId, next.keyHash, readyAt);
      await nextBlockAt(loaded, readyAt);
      await asStranger.rotateKey(rotation, byNew, "0x");
      expect(await deviceRegistry.keyHashOf(charger.deviceId)).to.equal(next.keyHash);
    });

    it("is not taken without its own signature", async () => {
      const { shares, deviceRegistry, next, rotation, byOld } = await voted();
      await expect(shares.rotateKey(rotation, byOld, byOld))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(next.keyHash);
    });

    it("is none but the one that was voted for, and once", async () => {
      const { shares, deviceRegistry, charger, next, rotation, byNew, byOld } = await voted();
      const other = Secp256k1Key.generate();
      const message = await rotationMessage(deviceRegistry, charger.deviceId, other);
      const signed = await signRotation(deviceRegistry, other, message);
      const alsoOld = await signRotation(deviceRegistry, charger, message);
      await expect(shares.rotateKey(rotationOf(charger.deviceId, other), signed, alsoOld))
        .to.be.revertedWithCustomError(shares, "MachineSharesKeyNotVoted")
        .withArgs(other.keyHash);
      const sameBytes = { ...rotation, newKeyType: 2 };
      await expect(shares.rotateKey(sameBytes, byNew, byOld)).to.be.revertedWithCustomError(
        shares,
        "MachineSharesKeyNotVoted",
      );
      await shares.rotateKey(rotation, byNew, byOld);
      await expect(shares.rotateKey(rotation, byNew, byOld))
        .to.be.revertedWithCustomError(shares, "MachineSharesKeyNotVoted")
        .withArgs(next.keyHash);
    });

    it("is none without a vote", async () => {
      const { shares, deviceRegistry, charger } = await load();
      const next = Secp256k1Key.generate();
      const message = await rotationMessage(deviceRegistry, charger.deviceId, next);
      const byNew = await signRotation(deviceRegistry, next, message);
      const byOld = await signRotation(deviceRegistry, charger, message);
      await expect(shares.rotateKey(rotationOf(charger.deviceId, next), byNew, byOld))
        .to.be.revertedWithCustomError(shares, "MachineSharesKeyNotVoted")
        .withArgs(next.keyHash);
    });

    it("is none of another device, though its owner announced it", async () => {
      const loaded = await load();
      const { shares, deviceRegistry, accounts } = loaded;
      const { dave } = accounts;
      const device = await registerDevice(loaded, Secp256k1Key.generate(), {}, dave);
      const next = Secp256k1Key.generate();
      await deviceRegistry.connect(dave).announceKeyRotation(device.deviceId, next.keyHash);
      const message = await rotationMessage(deviceRegistry, device.deviceId, next);
      const byNew = await signRotation(deviceRegistry, next, message);
      const byOld = await signRotation(deviceRegistry, device, message);
      await expect(shares.rotateKey(rotationOf(device.deviceId, next), byNew, byOld))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(dave.address);
    });

    it("gives way to a later vote for another", async () => {
      const loaded = await voted();
      const { shares, deviceRegistry, charger, next, rotation, byNew, byOld } = loaded;
      const other = Secp256k1Key.generate();
      await carryOut(loaded, shares, "RotateKey", [other.keyHash]);
      await expect(shares.rotateKey(rotation, byNew, byOld))
        .to.be.revertedWithCustomError(shares, "MachineSharesKeyNotVoted")
        .withArgs(next.keyHash);
      const [pending] = await deviceRegistry.pendingKeyRotationOf(charger.deviceId);
      expect(pending).to.equal(other.keyHash);
    });

    it("is void when the device is gone", async () => {
      const loaded = await voted();
      const { shares, next, rotation, byNew, byOld } = loaded;
      await carryOut(loaded, shares, "Retire");
      await expect(shares.rotateKey(rotation, byNew, byOld))
        .to.be.revertedWithCustomError(shares, "MachineSharesKeyNotVoted")
        .withArgs(next.keyHash);
    });
  });

  describe("what it may spend", () => {
    const policyOf = ({ token, accounts }: Ownership, expiry: number) => [
      DAY,
      expiry,
      [{ target: accounts.arbiter.address, selector: "0x00000000" }],
      [
        { currency: token.target as string, amount: 100n },
        { currency: NATIVE, amount: 7n },
      ],
    ];

    it("is set as it was voted for, and then spent on the device's word", async () => {
      const loaded = await load();
      const { shares, token, accounts, charger } = loaded;
      const { arbiter, relayer } = accounts;
      const wallet = await deployWallet(loaded, charger.deviceId);
      await token.mint(wallet, 1_000n);
      const expiry = (await now(loaded)) + 100 * DAY;
      await carryOut(loaded, shares, "SetPolicy", policyOf(loaded, expiry));
      const policy = await wallet.policy();
      expect([policy.period, policy.expiry]).to.deep.equal([BigInt(DAY), BigInt(expiry)]);
      expect(await wallet.remainingAllowance(token)).to.equal(100n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(7n);
      expect(await wallet.isPermitted(arbiter, "0x00000000")).to.equal(true);
      const request = {
        target: arbiter.address,
        currency: token.target as string,
        maximum: 60n,
        data: "0x",
        deadline: NEVER,
      };
      await relayer.sendTransaction(await prepareSpending(wallet, charger, request));
      expect(await token.balanceOf(arbiter)).to.equal(60n);
      await expect(relayer.sendTransaction(await prepareSpending(wallet, charger, request)))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(token.target, 60n, 40n);
    });

    it("waits for the wallet to be deployed, as anyone may, within the time to carry it out", async () => {
      const loaded = await load();
      const { shares, charger, machineVotes, deviceRegistry } = loaded;
      const values = policyOf(loaded, (await now(loaded)) + 100 * DAY);
      const { proposalId, payload } = await passMotion(loaded, shares, "SetPolicy", values);
      await expect(machineVotes.execute(shares, proposalId, payload))
        .to.be.revertedWithCustomError(shares, "AddressEmptyCode")
        .withArgs(await deviceRegistry.accountOf(charger.deviceId));
      const wallet = await deployWallet(loaded, charger.deviceId);
      await machineVotes.execute(shares, proposalId, payload);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(7n);
    });

    it("fails as the wallet does", async () => {
      const loaded = await load();
      const { shares, charger, machineVotes, accounts } = loaded;
      const wallet = await deployWallet(loaded, charger.deviceId);
      const expiry = (await now(loaded)) + 100 * DAY;
      const values = [0, expiry, [{ target: accounts.bob.address, selector: "0x00000000" }], []];
      const { proposalId, payload } = await passMotion(loaded, shares, "SetPolicy", values);
      await expect(machineVotes.execute(shares, proposalId, payload))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidPolicy")
        .withArgs(0, expiry);
    });
  });

  describe("retired", () => {
    /** Retired, with a bid of Dave's left, and something in the wallet. */
    async function retired() {
      const loaded = await load();
      const { shares, charger, token, deviceRegistry } = loaded;
      const floor = await shares.buyoutFloor();
      const bidId = await placeBid(loaded, shares, floor);
      const operator = [loaded.accounts.dave.address];
      const other = await bring(loaded, shares, "SetOperator", operator);
      await vote(loaded, shares, other, [loaded.accounts.bob]);
      const account = await deviceRegistry.accountOf(charger.deviceId);
      await token.mint(account, EARNING);
      await giveCoin(loaded, account, EARNING);
      await carryOut(loaded, shares, "Retire");
      return { ...loaded, bidId, floor, other, account };
    }

    it("burns the device's token", async () => {
      const { shares, deviceRegistry, charger } = await retired();
      expect(await shares.stage()).to.equal(Stage.Retired);
      expect(await deviceRegistry.statusOf(charger.deviceId)).to.equal(Status.Retired);
      await expect(deviceRegistry.ownerOf(charger.deviceId))
        .to.be.revertedWithCustomError(deviceRegistry, "ERC721NonexistentToken")
        .withArgs(charger.deviceId);
      expect(await deviceRegistry.userOf(charger.deviceId)).to.equal(ZeroAddress);
    });

    it("leaves the whole wallet to the holders", async () => {
      const loaded = await retired();
      const { shares, token, account, accounts } = loaded;
      for (const currency of [token.target as string, NATIVE]) {
        expect(await eventsBy(shares, shares.sweepAccount(currency))).to.deep.equal([
          ["AccountSwept", currency, EARNING],
        ]);
        expect(await shares.claimable(accounts.bob, currency)).to.equal(600n);
      }
      expect(await token.balanceOf(account)).to.equal(0n);
      expect(await coinOf(loaded, account)).to.equal(0n);
    });

    it("goes on with transfers and dividends", async () => {
      const { shares, token, accounts } = await retired();
      await shares.deposit(token, EARNING);
      await shares.transfer(accounts.carol, 100);
      await shares.deposit(token, EARNING);
      expect(await shares.claim.staticCall(token, ALL)).to.equal(1_100n);
    });

    it("is voted on and bid for no more, nor unwrapped", async () => {
      const loaded = await retired();
      const { shares, machineVotes, accounts, floor } = loaded;
      const { bob, dave } = accounts;
      await expect(machineVotes.connect(bob).propose(shares, Motion.Retire, "0x"))
        .to.be.revertedWithCustomError(machineVotes, "MachineVotesNotActive")
        .withArgs(shares.target);
      await expect(machineVotes.connect(dave).bid(shares, floor, NEVER))
        .to.be.revertedWithCustomError(machineVotes, "MachineVotesNotActive")
        .withArgs(shares.target);
      await expect(shares.unwrap(bob))
        .to.be.revertedWithCustomError(shares, "MachineSharesWrongStage")
        .withArgs(Stage.Retired);
    });

    it("does nothing else that was voted for", async () => {
      const { shares, machineVotes, other } = await retired();
      await expect(machineVotes.execute(shares, other.proposalId, other.payload))
        .to.be.revertedWithCustomError(shares, "MachineSharesWrongStage")
        .withArgs(Stage.Retired);
    });

    it("gives bids back", async () => {
      const { shares, machineVotes, token, accounts, bidId, floor } = await retired();
      const before = await token.balanceOf(accounts.dave);
      await machineVotes.connect(accounts.stranger).withdrawBid(shares, bidId);
      expect(await token.balanceOf(accounts.dave)).to.equal(before + floor);
      expect(floor).to.equal(1_500n * COIN);
    });

    it("leaves no key to rotate", async () => {
      const { deviceRegistry, charger } = await retired();
      expect(await deviceRegistry.pendingKeyRotationOf(charger.deviceId)).to.deep.equal([
        ZeroHash,
        0n,
      ]);
    });
  });
});
