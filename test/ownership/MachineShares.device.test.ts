import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { prepareSpending } from "../../scripts/lib/devices.js";
import { NATIVE, NEVER, signAttestation } from "../../scripts/lib/identity.js";
import { Motion, Stage } from "../../scripts/lib/ownership/machines.js";
import { deployWallet, registerDevice } from "../identity/fixture.js";
import {
  nextBlockAt,
  registerAttested,
  registerMaker,
  rotationMessage,
  rotationOf,
  signRotation,
  Status,
  Trust,
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
const MODEL = id("a model");

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

  describe("a maker's word", () => {
    /** A machine whose device a maker vouches for, and has got another key by a vote. */
    const prepared = machines(async (its) => {
      const makerId = await registerMaker(its);
      const { maker, makerVerifier } = its.accounts;
      await its.makerRegistry.connect(makerVerifier).setVerified(makerId, maker, true);
      const charger = Secp256k1Key.generate();
      const lot = 1;
      await registerAttested(its, charger, { makerId, lot, modelHash: MODEL });
      const attested: Ownership = { ...its, charger };
      const shares = await workingMachine(attested);
      return { charger, shares, makerId, lot, next: Secp256k1Key.generate() };
    });

    const word = async (
      { makerRegistry, accounts, charger, makerId, lot }: Awaited<ReturnType<typeof prepared>>,
      keyHash: string,
    ) => ({
      acceptance: { deviceId: charger.deviceId, makerId, modelHash: MODEL, deadline: NEVER },
      attestation: await signAttestation(makerRegistry, accounts.maker, {
        makerId,
        lot,
        keyHash,
        modelHash: MODEL,
        deadline: NEVER,
      }),
    });

    it("ends with the key, and is recorded anew for the operator, and nobody else", async () => {
      const loaded = await prepared();
      const { shares, deviceRegistry, charger, next, accounts, makerId, lot } = loaded;
      const { deviceId } = charger;
      expect(await deviceRegistry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
      await carryOut(loaded, shares, "RotateKey", [next.keyHash]);
      const message = await rotationMessage(deviceRegistry, deviceId, next);
      await shares.rotateKey(
        rotationOf(deviceId, next),
        await signRotation(deviceRegistry, next, message),
        await signRotation(deviceRegistry, charger, message),
      );
      expect(await deviceRegistry.trustOf(deviceId)).to.equal(Trust.SelfCertified);

      const { acceptance, attestation } = await word(loaded, next.keyHash);
      for (const account of [accounts.bob, accounts.stranger, accounts.maker]) {
        await expect(shares.connect(account).attest(acceptance, attestation))
          .to.be.revertedWithCustomError(shares, "MachineSharesUnauthorized")
          .withArgs(account.address);
      }
      const asAlice = shares.connect(accounts.alice);
      expect(await eventsBy(deviceRegistry, asAlice.attest(acceptance, attestation))).to.deep.equal(
        [["DeviceAttested", deviceId, BigInt(makerId), BigInt(lot), next.keyHash, MODEL]],
      );
      expect(await deviceRegistry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
    });

    describe("of a maker whom nobody verified", () => {
      /** A machine whose device no maker has vouched for, and a maker of the operator's own. */
      async function unattested() {
        const its = await load();
        const { makerRegistry, accounts } = its;
        const makerId = await registerMaker(its, accounts.alice.address, accounts.alice);
        const sign = async (id_: number, signer = accounts.alice) => ({
          acceptance: {
            deviceId: its.charger.deviceId,
            makerId: id_,
            modelHash: MODEL,
            deadline: NEVER,
          },
          attestation: await signAttestation(makerRegistry, signer, {
            makerId: id_,
            lot: 1,
            keyHash: its.charger.keyHash,
            modelHash: MODEL,
            deadline: NEVER,
          }),
        });
        return { ...its, makerId, sign, asAlice: its.shares.connect(accounts.alice) };
      }

      it("is refused whole, and bars no true maker", async () => {
        const its = await unattested();
        const { shares, asAlice, makerId, sign, deviceRegistry, makerRegistry, charger } = its;
        const { maker, makerVerifier } = its.accounts;
        const own = await sign(makerId);
        await expect(asAlice.attest(own.acceptance, own.attestation))
          .to.be.revertedWithCustomError(shares, "MachineSharesUnverifiedMaker")
          .withArgs(makerId);
        expect(await deviceRegistry.trustOf(charger.deviceId)).to.equal(Trust.SelfCertified);
        const trueId = await registerMaker(its);
        await makerRegistry.connect(makerVerifier).setVerified(trueId, maker, true);
        const { acceptance, attestation } = await sign(trueId, maker);
        const sending = asAlice.attest(acceptance, attestation);
        expect(await eventsBy(deviceRegistry, sending)).to.deep.equal([
          ["DeviceAttested", charger.deviceId, BigInt(trueId), 1n, charger.keyHash, MODEL],
        ]);
        const trust = await deviceRegistry.trustOf(charger.deviceId);
        expect(trust).to.equal(Trust.AttestedByVerifiedMaker);
      });

      it("is taken once he is verified, and no more when he no longer is", async () => {
        const its = await unattested();
        const { shares, asAlice, makerId, sign, makerRegistry } = its;
        const { alice, makerVerifier } = its.accounts;
        const verifiers = makerRegistry.connect(makerVerifier);
        const { acceptance, attestation } = await sign(makerId);
        await verifiers.setVerified(makerId, alice, true);
        await asAlice.attest(acceptance, attestation);
        await verifiers.setVerified(makerId, alice, false);
        await expect(asAlice.attest(acceptance, attestation))
          .to.be.revertedWithCustomError(shares, "MachineSharesUnverifiedMaker")
          .withArgs(makerId);
      });
    });

    it("is recorded for the operator of the moment", async () => {
      const loaded = await prepared();
      const { shares, charger, accounts } = loaded;
      await carryOut(loaded, shares, "SetOperator", [accounts.dave.address]);
      const { acceptance, attestation } = await word(loaded, charger.keyHash);
      await expect(shares.connect(accounts.alice).attest(acceptance, attestation))
        .to.be.revertedWithCustomError(shares, "MachineSharesUnauthorized")
        .withArgs(accounts.alice.address);
      await shares.connect(accounts.dave).attest(acceptance, attestation);
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
