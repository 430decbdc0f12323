import { expect } from "chai";
import { id } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER, signAttestation } from "../../scripts/lib/identity.js";
import {
  registerAttested,
  registerMaker,
  rotationMessage,
  rotationOf,
  signRotation,
  Trust,
} from "../identity/registry.js";
import { carryOut, type Ownership, workingMachine } from "./fixture.js";
import { eventsBy, machines } from "./machine.js";

const MODEL = id("a model");

describe("MachineShares: a maker's word", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));

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
    expect(await eventsBy(deviceRegistry, asAlice.attest(acceptance, attestation))).to.deep.equal([
      ["DeviceAttested", deviceId, BigInt(makerId), BigInt(lot), next.keyHash, MODEL],
    ]);
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
