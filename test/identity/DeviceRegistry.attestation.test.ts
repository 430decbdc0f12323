import { expect } from "chai";
import { concat, id, keccak256, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { type DeviceKey, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import {
  ATTESTATION_ACCEPTANCE,
  Batch,
  deviceDomain,
  NEVER,
  registrationOf,
  signAttestation,
  signRegistration,
} from "../../scripts/lib/identity.js";
import { registerDevice } from "./fixture.js";
import {
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  nextBlockAt,
  now,
  recordOf,
  registerAttested,
  registerMaker,
  rotate,
  rotationMessage,
  signAcceptance,
  signRotationAsOwner,
  startingFrom,
  Trust,
} from "./registry.js";

const MODEL = id("a model");

describe("DeviceRegistry: attestation and trust", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, makerRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    await registerMaker(identity);
    await registerDevice(identity, key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      asRelayer: deviceRegistry.connect(accounts.relayer),
      asMaker: makerRegistry.connect(accounts.maker),
      asVerifier: makerRegistry.connect(accounts.makerVerifier),
      key,
      deviceId: key.deviceId,
      acceptance: { deviceId: key.deviceId, makerId: 1, modelHash: MODEL, deadline: NEVER },
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** The maker's word for a key and MODEL in a lot. */
  function vouch(
    { makerRegistry, accounts }: Loaded,
    { keyHash }: DeviceKey,
    lot = 1,
    makerId = 1,
  ) {
    const word = { makerId, lot, keyHash, modelHash: MODEL, deadline: NEVER };
    return signAttestation(makerRegistry, accounts.maker, word);
  }

  /** The device with the maker's word in lot 1. */
  async function attested() {
    const loaded = await load();
    await loaded.asAlice.attest(loaded.acceptance, await vouch(loaded, loaded.key), "0x");
    return loaded;
  }

  describe("attest", () => {
    it("records the maker's word when the owner sends it", async () => {
      const loaded = await load();
      const { registry, asAlice, acceptance, key, deviceId } = loaded;
      const before = await everythingOf(registry, deviceId);
      const sending = asAlice.attest(acceptance, await vouch(loaded, key), "0x");
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["DeviceAttested", deviceId, 1n, 1n, key.keyHash, MODEL],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...before,
        record: { ...FRESH_RECORD, makerId: 1n, lot: 1n, nonce: 1n },
      });
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });

    it("lets anyone relay it with the owner's signature", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, acceptance, key, deviceId } = loaded;
      const consent = await signAcceptance(registry, accounts.alice, acceptance, 1);
      await asRelayer.attest(acceptance, await vouch(loaded, key), consent);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });

    it("hashes the struct that the interface names", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, acceptance, key, deviceId } = loaded;
      const type =
        "AttestationAcceptance(uint256 deviceId,uint32 makerId,uint24 lot,bytes32 modelHash," +
        "uint32 nonce,uint48 deadline)";
      const encoder = TypedDataEncoder.from(ATTESTATION_ACCEPTANCE);
      expect(encoder.encodeType("AttestationAcceptance")).to.equal(type);
      await asRelayer.connect(accounts.alice).revokeAllGrants(deviceId); // nonce 1
      const message = { ...acceptance, lot: 1, nonce: 1 };
      const word = (value: number | bigint) => toBeHex(value, 32);
      const structHash = keccak256(
        concat([id(type), word(deviceId), word(1), word(1), MODEL, word(1), word(NEVER)]),
      );
      expect(encoder.hash(message)).to.equal(structHash);
      const domain = await deviceDomain(registry);
      const consent = await accounts.alice.signTypedData(domain, ATTESTATION_ACCEPTANCE, message);
      await asRelayer.attest(acceptance, await vouch(loaded, key), consent);
    });

    it("takes a batch's proof", async () => {
      const loaded = await load();
      const { registry, asAlice, asMaker, acceptance, key, deviceId } = loaded;
      const batch = new Batch([
        { keyHash: key.keyHash, modelHash: MODEL },
        { keyHash: id("another"), modelHash: MODEL },
      ]);
      await asMaker.publishBatch(1, batch.root, batch.count, "");
      await asAlice.attest(acceptance, batch.attest(2, key.keyHash, MODEL), "0x");
      expect((await registry.recordOf(deviceId)).lot).to.equal(2n);
    });

    it("takes the word of a maker's wallet by ERC-1271", async () => {
      const loaded = await load();
      const { registry, asAlice, asMaker, makerRegistry, accounts, key, connection } = loaded;
      const { acceptance, deviceId } = loaded;
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [accounts.bob]);
      await asMaker.setSigner(1, await wallet.getAddress()); // lot 2
      const word = { makerId: 1, lot: 2, keyHash: key.keyHash, modelHash: MODEL, deadline: NEVER };
      const byMaker = await signAttestation(makerRegistry, accounts.maker, word);
      await expect(asAlice.attest(acceptance, byMaker, "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 2n, key.keyHash, MODEL);
      const byBob = await signAttestation(makerRegistry, accounts.bob, word);
      await asAlice.attest(acceptance, byBob, "0x");
      await wallet.setSigner(accounts.carol); // what was believed stays
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });

    it("asks for the owner's wallet by ERC-1271", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, accounts, acceptance, key, connection } = loaded;
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [accounts.bob]);
      await asAlice.transferFrom(accounts.alice, wallet, key.deviceId);
      const consent = await signAcceptance(registry, accounts.bob, acceptance, 1);
      await asRelayer.attest(acceptance, await vouch(loaded, key), consent);
      expect((await registry.recordOf(key.deviceId)).makerId).to.equal(1n);
    });

    it("is good at its deadline, and refused one second later", async () => {
      const loaded = await load();
      const { registry, asAlice, key } = loaded;
      const deadline = (await now(loaded)) + 100;
      const acceptance = { ...loaded.acceptance, deadline };
      const attestation = await vouch(loaded, key);
      await nextBlockAt(loaded, deadline);
      await asAlice.attest(acceptance, attestation, "0x");
      await nextBlockAt(loaded, deadline + 1);
      await expect(asAlice.attest(acceptance, attestation, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryExpiredSignature")
        .withArgs(BigInt(deadline));
    });

    it("refuses an attestation without a lot", async () => {
      const { registry, asAlice, acceptance } = await load();
      for (const attestation of ["0x", "0x0000"]) {
        await expect(asAlice.attest(acceptance, attestation, "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryMalformedAttestation")
          .withArgs(attestation);
      }
    });

    it("R09 refuses a device that is not there, 0 and a retired one too", async () => {
      const loaded = await load();
      const { registry, asAlice, acceptance, key, deviceId } = loaded;
      await asAlice.retire(deviceId);
      for (const missing of [0n, 1n, deviceId]) {
        await expect(
          asAlice.attest({ ...acceptance, deviceId: missing }, await vouch(loaded, key), "0x"),
        )
          .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });

    it("IDN-12 takes nothing but the maker's word for this key", async () => {
      const loaded = await load();
      const { registry, asAlice, acceptance, key, deviceId, makerRegistry } = loaded;
      const ofAnother = await vouch(loaded, Secp256k1Key.generate());
      await expect(asAlice.attest(acceptance, ofAnother, "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 1n, key.keyHash, MODEL);
      const good = await vouch(loaded, key);
      await expect(asAlice.attest({ ...acceptance, modelHash: ZeroHash }, good, "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 1n, key.keyHash, ZeroHash);
      await expect(asAlice.attest({ ...acceptance, makerId: 0 }, "0x000000", "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(0n, 0n, key.keyHash, MODEL);
      await expect(asAlice.attest({ ...acceptance, makerId: 2 }, good, "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(2n, 1n, key.keyHash, MODEL);
      expect(await recordOf(registry, deviceId)).to.deep.equal(FRESH_RECORD);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.SelfCertified);
    });
  });

  describe("the owner's word for an attestation", () => {
    it("IDN-02 IDN-03 covers every field", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, acceptance, key } = loaded;
      const other = Secp256k1Key.generate();
      await registerDevice(loaded, other);
      const consent = await signAcceptance(registry, accounts.alice, acceptance, 1);
      const good = await vouch(loaded, key);
      for (const [altered, attestation] of [
        [{ ...acceptance, deviceId: other.deviceId }, await vouch(loaded, other)],
        [{ ...acceptance, makerId: 2 }, good],
        [{ ...acceptance, modelHash: ZeroHash }, good],
        [{ ...acceptance, deadline: NEVER - 1 }, good],
        [acceptance, await vouch(loaded, key, 2)],
      ] as const) {
        await expect(asRelayer.attest(altered, attestation, consent))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
      await asRelayer.attest(acceptance, good, consent);
    });

    it("IDN-03 R03 works once, and dies with a transfer and with any other change", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, accounts, acceptance, key, deviceId } = loaded;
      const good = await vouch(loaded, key);
      const consent = await signAcceptance(registry, accounts.alice, acceptance, 1);
      await asRelayer.attest(acceptance, good, consent);
      const refuse = async (signature: string) =>
        expect(asRelayer.attest(acceptance, good, signature))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      await refuse(consent);
      const second = await signAcceptance(registry, accounts.alice, acceptance, 1);
      await asAlice.revokeAllGrants(deviceId);
      await refuse(second);
      const third = await signAcceptance(registry, accounts.alice, acceptance, 1);
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      await registry.connect(accounts.bob).transferFrom(accounts.bob, accounts.alice, deviceId);
      await refuse(third);
    });

    it("R01 R04 is of the owner, for this action, chain and registry", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, acceptance, key, deviceId } = loaded;
      const good = await vouch(loaded, key);
      const domain = await deviceDomain(registry);
      const message = { ...acceptance, lot: 1, nonce: 0 };
      const sign = (other: typeof domain) =>
        accounts.alice.signTypedData(other, ATTESTATION_ACCEPTANCE, message);
      const rotation = await rotationMessage(registry, deviceId, key);
      for (const wrong of [
        "0x",
        await signAcceptance(registry, accounts.bob, acceptance, 1),
        await signRotationAsOwner(registry, accounts.alice, rotation),
        await sign({ ...domain, chainId: 1 }),
        await sign({ ...domain, verifyingContract: ZeroAddress }),
      ]) {
        await expect(asRelayer.attest(acceptance, good, wrong))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
    });

    it("R06 is not the device's to give", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, acceptance, key } = loaded;
      const message = { ...acceptance, lot: 1, nonce: 0 };
      const digest = TypedDataEncoder.hash(
        await deviceDomain(registry),
        ATTESTATION_ACCEPTANCE,
        message,
      );
      await expect(asRelayer.attest(acceptance, await vouch(loaded, key), await key.sign(digest)))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(accounts.alice);
    });
  });

  describe("of an attested device", () => {
    it("takes the same lot again, and a newer one", async () => {
      const loaded = await attested();
      const { registry, asAlice, asMaker, acceptance, key, deviceId, accounts } = loaded;
      await asAlice.attest(acceptance, await vouch(loaded, key), "0x");
      await asMaker.setSigner(1, accounts.maker.address); // lot 2
      await asAlice.attest(acceptance, await vouch(loaded, key, 2), "0x");
      expect(await recordOf(registry, deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        makerId: 1n,
        lot: 2n,
        nonce: 3n,
      });
    });

    it("takes an older lot again: a recall tells the lots apart, not their order", async () => {
      const loaded = await attested();
      const { registry, asAlice, asMaker, acceptance, key, deviceId, accounts } = loaded;
      const batch = new Batch([{ keyHash: key.keyHash, modelHash: MODEL }]);
      await asMaker.publishBatch(1, batch.root, 1, ""); // lot 2
      await asMaker.setSigner(1, accounts.maker.address); // lot 3
      await asAlice.attest(acceptance, await vouch(loaded, key, 3), "0x");
      await asAlice.attest(acceptance, batch.attest(2, key.keyHash, MODEL), "0x");
      expect((await registry.recordOf(deviceId)).lot).to.equal(2n);
    });

    it("IDN-12 refuses another maker, and none", async () => {
      const loaded = await attested();
      const { registry, asAlice, acceptance, key, deviceId } = loaded;
      await registerMaker(loaded); // maker 2
      for (const makerId of [0, 2]) {
        await expect(
          asAlice.attest({ ...acceptance, makerId }, await vouch(loaded, key, 1, makerId), "0x"),
        )
          .to.be.revertedWithCustomError(registry, "DeviceRegistryOtherMaker")
          .withArgs(deviceId, 1n);
      }
    });

    it("IDN-12 refuses another maker after a recall and a rotation too", async () => {
      const loaded = await attested();
      const { registry, asAlice, asMaker, acceptance, key, deviceId } = loaded;
      await registerMaker(loaded); // maker 2
      const next = Secp256k1Key.generate();
      await asMaker.recallDevice(1, deviceId, "");
      await rotate(loaded, deviceId, key, next);
      const attestation = await vouch(loaded, next, 1, 2);
      await expect(asAlice.attest({ ...acceptance, makerId: 2 }, attestation, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryOtherMaker")
        .withArgs(deviceId, 1n);
    });

    it("keeps maker and lot over a transfer", async () => {
      const { registry, asAlice, accounts, deviceId } = await attested();
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      expect(await recordOf(registry, deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        makerId: 1n,
        lot: 1n,
        version: 1n,
        nonce: 2n,
      });
    });
  });

  describe("trustOf", () => {
    it("R09 refuses what is no device, a reserved key too", async () => {
      const loaded = await load();
      const { registry, key, deviceId } = loaded;
      const next = Secp256k1Key.generate();
      await rotate(loaded, deviceId, key, next);
      await rotate(loaded, deviceId, next, Secp256k1Key.generate()); // and stays reserved
      for (const unknown of [0n, 1n, next.deviceId]) {
        await expect(registry.trustOf(unknown))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnknownDevice")
          .withArgs(unknown);
      }
    });

    it("IDN-12 takes a device without a maker for self-certified, whatever makers do", async () => {
      const { registry, asMaker, asVerifier, accounts, deviceId } = await load();
      expect(await registry.trustOf(deviceId)).to.equal(Trust.SelfCertified);
      await asVerifier.setVerified(1, accounts.maker, true);
      await asMaker.recallDevice(1, deviceId, "");
      await asMaker.recallLot(1, 1, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.SelfCertified);
    });

    it("shows at once that a maker is verified, and that it no longer is", async () => {
      const { registry, asMaker, asVerifier, accounts, deviceId } = await attested();
      await asVerifier.setVerified(1, accounts.maker, true);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
      await asVerifier.setVerified(1, accounts.maker, false);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      await asVerifier.setVerified(1, accounts.maker, true);
      await asMaker.transferFrom(accounts.maker, accounts.bob, 1);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });

    it("shows at once that a lot is recalled, and until the maker vouches in another", async () => {
      const loaded = await attested();
      const { registry, asAlice, asMaker, asVerifier, accounts, acceptance, key, deviceId } =
        loaded;
      await asVerifier.setVerified(1, accounts.maker, true);
      await asMaker.setSigner(1, accounts.maker.address); // lot 2
      await asMaker.recallLot(1, 2, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
      await asMaker.recallLot(1, 1, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
      await asMaker.setSigner(1, accounts.maker.address); // lot 3
      await asAlice.attest(acceptance, await vouch(loaded, key, 3), "0x");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
    });

    it("shows at once that a device is recalled, and until the maker vouches in another lot", async () => {
      const loaded = await attested();
      const { registry, asAlice, asMaker, accounts, acceptance, key, deviceId } = loaded;
      await asMaker.recallDevice(1, id("another"), "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      await asMaker.recallDevice(1, deviceId, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
      await asMaker.setSigner(1, accounts.maker.address); // lot 2
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
      await asAlice.attest(acceptance, await vouch(loaded, key, 2), "0x");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      await asMaker.recallDevice(1, deviceId, "again");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
      await expect(asAlice.attest(acceptance, await vouch(loaded, key, 2), "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryStaleAttestation")
        .withArgs(deviceId, 2n, 2n);
    });

    for (const what of ["lot", "device"] as const) {
      it(`IDN-12 lets no word given before a recall of the ${what} clear it`, async () => {
        const loaded = await attested();
        const { registry, asAlice, asMaker, accounts, acceptance, key, deviceId } = loaded;
        const leaf = { keyHash: key.keyHash, modelHash: MODEL };
        const batch = new Batch([leaf]);
        await asMaker.publishBatch(1, batch.root, 1, ""); // lot 2
        if (what === "lot") await asMaker.recallLot(1, 1, "");
        else await asMaker.recallDevice(1, deviceId, "");
        for (const [lot, attestation] of [
          [1n, await vouch(loaded, key)],
          [2n, batch.attest(2, key.keyHash, MODEL)],
        ] as const) {
          await expect(asAlice.attest(acceptance, attestation, "0x"))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryStaleAttestation")
            .withArgs(deviceId, lot, 2n);
        }
        expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
        await asMaker.setSigner(1, accounts.maker.address); // lot 3
        await asAlice.attest(acceptance, await vouch(loaded, key, 3), "0x");
        expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      });
    }

    it("R49 covers no lot of the maker's former owner with the mark of the next", async () => {
      const loaded = await attested();
      const { registry, makerRegistry, asAlice, asMaker, asVerifier, acceptance, key, deviceId } =
        loaded;
      const { maker, bob } = loaded.accounts;
      await asMaker.transferFrom(maker, bob, 1);
      await asVerifier.setVerified(1, bob, true);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      await makerRegistry.connect(bob).setSigner(1, maker.address); // lot 2, the first after it
      await asAlice.attest(acceptance, await vouch(loaded, key, 2), "0x");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
    });

    it("counts a recall that came before the registration", async () => {
      const loaded = await load();
      const { registry, asMaker } = loaded;
      const key = Secp256k1Key.generate();
      await asMaker.recallDevice(1, key.deviceId, "");
      await registerAttested(loaded, key, { makerId: 1, lot: 1, modelHash: MODEL });
      expect(await registry.trustOf(key.deviceId)).to.equal(Trust.Recalled);
    });

    it("heeds no other maker's recall", async () => {
      const loaded = await attested();
      const { registry, makerRegistry, accounts, deviceId } = loaded;
      const asBob = makerRegistry.connect(accounts.bob);
      await registerMaker(loaded, accounts.bob.address, accounts.bob);
      await asBob.recallDevice(2, deviceId, "");
      await asBob.recallLot(2, 1, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });

    it("is unchanged by suspension and retirement", async () => {
      const { registry, asAlice, deviceId } = await attested();
      await asAlice.suspend(deviceId);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      await asAlice.retire(deviceId);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
    });
  });

  describe("of a rotated device", () => {
    const next = Secp256k1Key.generate();

    async function rotated() {
      const loaded = await attested();
      await rotate(loaded, loaded.deviceId, loaded.key, next);
      return loaded;
    }

    it("IDN-12 is self-certified, however well its maker is known, until the maker attests the new key", async () => {
      const loaded = await rotated();
      const { registry, asAlice, asVerifier, makerRegistry, acceptance, key, deviceId, accounts } =
        loaded;
      await asVerifier.setVerified(1, accounts.maker, true);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.SelfCertified);
      await expect(asAlice.attest(acceptance, await vouch(loaded, key), "0x"))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 1n, next.keyHash, MODEL);
      const attesting = asAlice.attest(acceptance, await vouch(loaded, next), "0x");
      expect(await eventsOf(registry, attesting)).to.deep.equal([
        ["DeviceAttested", deviceId, 1n, 1n, next.keyHash, MODEL],
      ]);
      expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
      expect(await recordOf(registry, deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        rotated: true,
        makerId: 1n,
        lot: 1n,
        nonce: 3n,
      });
    });

    it("IDN-12 is recalled by its id or its lot, and not by the hash of its key", async () => {
      for (const [recall, trust] of [
        ["id", Trust.Recalled],
        ["lot", Trust.Recalled],
        ["key", Trust.SelfCertified],
      ] as const) {
        const { registry, asMaker, deviceId } = await rotated();
        if (recall === "id") await asMaker.recallDevice(1, deviceId, "");
        if (recall === "lot") await asMaker.recallLot(1, 1, "");
        if (recall === "key") await asMaker.recallDevice(1, next.deviceId, "");
        expect(await registry.trustOf(deviceId)).to.equal(trust);
        expect(await registry.deviceOf(next.keyHash)).to.equal(deviceId); // what tells the id
      }
    });

    for (const what of ["lot", "device"] as const) {
      it(`IDN-12 does not shake off a recall of the ${what} by rotating, again and again`, async () => {
        const loaded = await attested();
        const { registry, asAlice, asMaker, acceptance, accounts, deviceId, key } = loaded;
        if (what === "lot") await asMaker.recallLot(1, 1, "");
        else await asMaker.recallDevice(1, deviceId, "");
        let current: DeviceKey = key;
        for (const to of [next, Secp256k1Key.generate(), Secp256k1Key.generate()]) {
          await rotate(loaded, deviceId, current, to);
          current = to;
          expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
          await expect(asAlice.attest(acceptance, await vouch(loaded, to), "0x"))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryStaleAttestation")
            .withArgs(deviceId, 1n, 1n);
        }
        await asMaker.setSigner(1, accounts.maker.address); // lot 2
        expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
        await asAlice.attest(acceptance, await vouch(loaded, current, 2), "0x");
        expect(await registry.trustOf(deviceId)).to.equal(Trust.Attested);
      });
    }

    it("IDN-12 stays recalled when it was attested, recalled and rotated once more", async () => {
      const loaded = await rotated();
      const { registry, asAlice, asMaker, acceptance, deviceId } = loaded;
      await asAlice.attest(acceptance, await vouch(loaded, next), "0x");
      await asMaker.recallDevice(1, deviceId, "");
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
      await rotate(loaded, deviceId, next, Secp256k1Key.generate());
      expect(await registry.trustOf(deviceId)).to.equal(Trust.Recalled);
    });

    it("is marked as unattested only if there was a maker", async () => {
      const loaded = await load();
      const { registry, key, deviceId } = loaded;
      await rotate(loaded, deviceId, key, next);
      expect(await recordOf(registry, deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        rotated: true,
        nonce: 1n,
      });
    });
  });

  it("R05 lets a maker that is not verified neither pass for a verified one nor shut it out", async () => {
    const loaded = await load();
    const { registry, asVerifier, deviceRegistry, accounts } = loaded;
    await registerMaker(loaded); // maker 2: the same name, the same signer
    await asVerifier.setVerified(1, accounts.maker, true);
    const key = Secp256k1Key.generate();
    const registration = registrationOf(key, accounts.alice.address, {
      makerId: 2,
      modelHash: MODEL,
    });
    const attestation = await vouch(loaded, key, 1, 2);
    const signature = await signRegistration(deviceRegistry, key, registration, attestation);
    await deviceRegistry
      .connect(accounts.alice)
      .register(registration, signature, "0x", attestation);
    expect(await registry.trustOf(key.deviceId)).to.equal(Trust.Attested);
  });
});
