import { expect } from "chai";
import {
  concat,
  id,
  keccak256,
  toBeHex,
  toBigInt,
  toUtf8Bytes,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import {
  type DeviceKey,
  keyHashOf,
  P256Key,
  Secp256k1Key,
  withLowS,
} from "../../scripts/lib/deviceKey.js";
import {
  Batch,
  deviceDomain,
  NEVER,
  NO_ATTESTATION,
  REGISTRATION,
  type Registration,
  registrationOf,
  signAttestation,
  signedPart,
  signHeartbeat,
  signOwnership,
  signRegistration,
} from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { registerDevice } from "./fixture.js";
import {
  claimOf,
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  nextBlockAt,
  NO_RECORD,
  now,
  recordOf,
  registerMaker,
  rotate,
  rotationMessage,
  signRotation,
  startingFrom,
  Status,
} from "./registry.js";

const DOCUMENT = id("a document");
const MODEL = id("a model");

describe("DeviceRegistry: registration", () => {
  const load = startingFrom(async (identity) => ({
    registry: identity.deviceRegistry,
    asAlice: identity.deviceRegistry.connect(identity.accounts.alice),
    asRelayer: identity.deviceRegistry.connect(identity.accounts.relayer),
    asMaker: identity.makerRegistry.connect(identity.accounts.maker),
    makerId: await registerMaker(identity),
    key: Secp256k1Key.generate(),
  }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** The maker's word for a key and MODEL, in lot 1 unless told otherwise. */
  function vouch({ makerRegistry, accounts, makerId }: Loaded, { keyHash }: DeviceKey, lot = 1) {
    const word = { makerId, lot, keyHash, modelHash: MODEL, deadline: NEVER };
    return signAttestation(makerRegistry, accounts.maker, word);
  }

  it("says its EIP-712 domain", async () => {
    const { registry } = await load();
    const { name, version, chainId, verifyingContract, fields } = await registry.eip712Domain();
    expect([name, version, chainId, verifyingContract, fields]).to.deep.equal([
      "DeFIoT DeviceRegistry",
      "1",
      31337n,
      await registry.getAddress(),
      "0x0f",
    ]);
  });

  it("hashes the struct that the interface names", async () => {
    const loaded = await load();
    const { registry, asMaker, asAlice, accounts, key } = loaded;
    const type =
      "Registration(uint256 deviceId,address owner,uint32 makerId,uint24 lot,bytes32 modelHash," +
      "bytes32 documentHash,string documentURI,uint48 deadline)";
    expect(TypedDataEncoder.from(REGISTRATION).encodeType("Registration")).to.equal(type);
    await asMaker.setSigner(1, accounts.maker.address); // lot 2
    const registration = registrationOf(key, accounts.alice.address, {
      makerId: 1,
      modelHash: MODEL,
      documentHash: DOCUMENT,
      documentURI: "ipfs://document",
    });
    const word = (value: string | number) => toBeHex(value, 32);
    const structHash = keccak256(
      concat([
        id(type),
        key.keyHash,
        word(accounts.alice.address),
        word(1),
        word(2),
        MODEL,
        DOCUMENT,
        keccak256(toUtf8Bytes("ipfs://document")),
        word(NEVER),
      ]),
    );
    const domainHash = TypedDataEncoder.hashDomain(await deviceDomain(registry));
    const signature = await key.sign(keccak256(concat(["0x1901", domainHash, structHash])));
    await asAlice.register(registration, signature, "0x", await vouch(loaded, key, 2));
    expect(await registry.ownerOf(key.deviceId)).to.equal(accounts.alice.address);
    expect((await registry.recordOf(key.deviceId)).lot).to.equal(2n);
  });

  describe("of a key that nobody registered", () => {
    it("registers a device whose owner sends the transaction", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const registration = registrationOf(key, accounts.alice.address, {
        modelHash: MODEL,
        documentHash: DOCUMENT,
        documentURI: "ipfs://document",
      });
      const signature = await signRegistration(registry, key, registration);
      const args = [registration, signature, "0x", NO_ATTESTATION] as const;
      expect(await asAlice.register.staticCall(...args)).to.equal(key.deviceId);
      expect(await eventsOf(registry, asAlice.register(...args))).to.deep.equal([
        ["Transfer", ZeroAddress, accounts.alice.address, key.deviceId],
        ["DeviceRegistered", key.deviceId, 0n, 0n, 1n, key.key, MODEL, DOCUMENT, "ipfs://document"],
      ]);
      expect(await everythingOf(registry, key.deviceId)).to.deep.equal({
        record: FRESH_RECORD,
        controller: accounts.alice.address,
        keyHash: key.keyHash,
        key: "0x",
        documentHash: DOCUMENT,
        pending: [ZeroHash, 0n],
        user: ZeroAddress,
        expires: 0n,
        payee: ZeroAddress,
      });
      expect(await registry.ownerOf(key.deviceId)).to.equal(accounts.alice.address);
      expect(await registry.balanceOf(accounts.alice)).to.equal(1n);
      expect(await registry.deviceOf(key.keyHash)).to.equal(key.deviceId);
      expect(await registry.statusOf(key.deviceId)).to.equal(Status.Active);
    });

    it("names a device by the hash of key type and key", async () => {
      const identity = await load();
      const { registry, key } = identity;
      await registerDevice(identity, key);
      const hash = keccak256(concat(["0x01", key.key]));
      expect(await registry.deviceOf(hash)).to.equal(toBigInt(hash));
      expect(await registry.keyHashOf(toBigInt(hash))).to.equal(hash);
    });

    it("registers a P-256 device, and keeps its key", async () => {
      const { registry, asAlice, accounts } = await load();
      const key = await P256Key.generate();
      const registration = registrationOf(key, accounts.alice.address);
      const signature = await signRegistration(registry, key, registration);
      const sending = asAlice.register(registration, signature, "0x", NO_ATTESTATION);
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["Transfer", ZeroAddress, accounts.alice.address, key.deviceId],
        ["DeviceRegistered", key.deviceId, 0n, 0n, 2n, key.key, ZeroHash, ZeroHash, ""],
      ]);
      expect(key.deviceId).to.equal(toBigInt(keccak256(concat(["0x02", key.key]))));
      expect(await recordOf(registry, key.deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        keyType: 2n,
      });
      expect(await registry.keyOf(key.deviceId)).to.equal(key.key);
      expect(await registry.keyHashOf(key.deviceId)).to.equal(key.keyHash);
      expect(await registry.documentHashOf(key.deviceId)).to.equal(ZeroHash);
    });

    it("lets anyone relay it with the owner's signature", async () => {
      const { registry, asRelayer, accounts, key } = await load();
      const registration = registrationOf(key, accounts.bob.address);
      await asRelayer.register(
        registration,
        await signRegistration(registry, key, registration),
        await signOwnership(registry, accounts.bob, registration),
        NO_ATTESTATION,
      );
      expect(await registry.ownerOf(key.deviceId)).to.equal(accounts.bob.address);
    });

    it("asks a wallet for its consent by ERC-1271, and makes it no callback", async () => {
      const { registry, asRelayer, accounts, key, connection } = await load();
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [accounts.bob]);
      const owner = await wallet.getAddress();
      const registration = registrationOf(key, owner);
      const deviceSignature = await signRegistration(registry, key, registration);
      const by = (who: typeof accounts.bob) => signOwnership(registry, who, registration);
      await expect(
        asRelayer.register(registration, deviceSignature, await by(accounts.carol), "0x"),
      )
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(owner);
      await asRelayer.register(registration, deviceSignature, await by(accounts.bob), "0x");
      expect(await registry.ownerOf(key.deviceId)).to.equal(owner);
    });

    it("records the maker and the lot of an attested device", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key, makerId } = loaded;
      const registration = registrationOf(key, accounts.alice.address, {
        makerId,
        modelHash: MODEL,
      });
      const attestation = await vouch(loaded, key);
      const signature = await signRegistration(registry, key, registration, attestation);
      const sending = asAlice.register(registration, signature, "0x", attestation);
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["Transfer", ZeroAddress, accounts.alice.address, key.deviceId],
        ["DeviceRegistered", key.deviceId, 1n, 1n, 1n, key.key, MODEL, ZeroHash, ""],
      ]);
      expect(await recordOf(registry, key.deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        makerId: 1n,
        lot: 1n,
      });
    });

    it("is good at its deadline, and refused one second later", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      const deadline = (await now(loaded)) + 100;
      const other = Secp256k1Key.generate();
      const [first, second] = [
        await claimOf(registry, key, accounts.alice.address, { deadline }),
        await claimOf(registry, other, accounts.alice.address, { deadline }),
      ];
      await nextBlockAt(loaded, deadline);
      await asAlice.register(first.registration, first.deviceSignature, "0x", "0x");
      await nextBlockAt(loaded, deadline + 1);
      await expect(asAlice.register(second.registration, second.deviceSignature, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryExpiredSignature")
        .withArgs(BigInt(deadline));
    });
  });

  describe("IDN-02 R02 of what was altered after it was signed", () => {
    const alterations: [keyof Registration, (loaded: Loaded) => Partial<Registration>][] = [
      ["owner", ({ accounts }) => ({ owner: accounts.relayer.address })],
      ["makerId", () => ({ makerId: 2 })],
      ["modelHash", () => ({ modelHash: DOCUMENT })],
      ["documentHash", () => ({ documentHash: MODEL })],
      ["documentURI", () => ({ documentURI: "ipfs://forged" })],
      ["deadline", () => ({ deadline: NEVER - 1 })],
    ];
    for (const [field, alter] of alterations) {
      it(`refuses another ${field}`, async () => {
        const loaded = await load();
        const { registry, asAlice, accounts, key, makerRegistry } = loaded;
        await registerMaker(loaded); // maker 2
        const registration = registrationOf(key, accounts.alice.address, {
          makerId: 1,
          modelHash: MODEL,
          documentHash: DOCUMENT,
          documentURI: "ipfs://document",
        });
        const good = await vouch(loaded, key);
        const { alice } = accounts;
        const deviceSignature = await signRegistration(registry, key, registration, good);
        const ownerSignature = await signOwnership(registry, alice, registration, good);
        const altered = { ...registration, ...alter(loaded) };
        const attestation = await signAttestation(makerRegistry, accounts.maker, {
          makerId: Number(altered.makerId),
          lot: 1,
          keyHash: key.keyHash,
          modelHash: String(altered.modelHash),
          deadline: NEVER,
        });
        // The owner's word does not cover it either: he is asked before the device is.
        await expect(
          registry
            .connect(accounts.stranger)
            .register(altered, deviceSignature, ownerSignature, attestation),
        )
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(altered.owner);
        // The new owner sends it himself, so that only the device's word is wrong.
        const sender = field === "owner" ? accounts.relayer : accounts.alice;
        await expect(registry.connect(sender).register(altered, deviceSignature, "0x", attestation))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
        expect(await recordOf(registry, key.deviceId)).to.deep.equal(NO_RECORD);
        await asAlice.register(registration, deviceSignature, "0x", good);
      });
    }

    it("refuses another lot, though the maker vouches for the device in it too", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, asMaker, accounts, key, makerId } = loaded;
      const batch = new Batch([{ keyHash: key.keyHash, modelHash: MODEL }]);
      await asMaker.publishBatch(makerId, batch.root, 1, ""); // lot 2
      const signers = await vouch(loaded, key);
      const batchs = batch.attest(2, key.keyHash, MODEL);
      const registration = registrationOf(key, accounts.alice.address, {
        makerId,
        modelHash: MODEL,
      });
      for (const [signed, other] of [
        [signers, batchs],
        [batchs, signers],
      ] as const) {
        const deviceSignature = await signRegistration(registry, key, registration, signed);
        const consent = await signOwnership(registry, accounts.alice, registration, signed);
        await expect(asRelayer.register(registration, deviceSignature, consent, other))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
        await expect(asAlice.register(registration, deviceSignature, "0x", other))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
        const claim = { registration, deviceSignature, ownerSignature: consent };
        await expect(asRelayer.registerMany([{ ...claim, attestation: other }]))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
      const consent = await signOwnership(registry, accounts.alice, registration, batchs);
      const deviceSignature = await signRegistration(registry, key, registration, batchs);
      await asRelayer.register(registration, deviceSignature, consent, batchs);
      expect((await registry.recordOf(key.deviceId)).lot).to.equal(2n);
    });

    it("R08 refuses another key: nobody makes an id without its key", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const victim = Secp256k1Key.generate();
      const registration = registrationOf(victim, accounts.alice.address);
      const signature = await signRegistration(registry, key, registration); // not the victim's
      await expect(asAlice.register(registration, signature, "0x", NO_ATTESTATION))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(victim.keyHash);
      const own = registrationOf(key, accounts.alice.address);
      await expect(
        asAlice.register(
          { ...own, key: victim.key },
          await signRegistration(registry, key, own),
          "0x",
          "0x",
        ),
      )
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(victim.keyHash);
      expect(await registry.deviceOf(victim.keyHash)).to.equal(0n);
    });

    it("R08 refuses a P-256 id without its key", async () => {
      const { registry, asAlice, accounts } = await load();
      const [key, victim] = [await P256Key.generate(), await P256Key.generate()];
      const registration = registrationOf(victim, accounts.alice.address);
      const signature = await signRegistration(registry, key, registration);
      await expect(asAlice.register(registration, signature, "0x", NO_ATTESTATION))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(victim.keyHash);
    });

    it("refuses the key under another key type", async () => {
      const { registry, asAlice, accounts } = await load();
      const key = await P256Key.generate();
      const registration = registrationOf(key, accounts.alice.address);
      const signature = await signRegistration(registry, key, registration);
      await expect(asAlice.register({ ...registration, keyType: 1 }, signature, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyLength")
        .withArgs(1n, 64n);
      expect(keyHashOf(1, key.key)).to.not.equal(key.keyHash);
    });
  });

  describe("without the owner's consent", () => {
    it("IDN-03 refuses a relayer without a signature, or with somebody else's", async () => {
      const { registry, asRelayer, accounts, key } = await load();
      const registration = registrationOf(key, accounts.alice.address);
      const signature = await signRegistration(registry, key, registration);
      const byBob = await signOwnership(registry, accounts.bob, registration);
      const ofAnother = await signOwnership(registry, accounts.alice, {
        ...registration,
        documentHash: DOCUMENT,
      });
      for (const wrong of ["0x", toBeHex(0, 65), byBob, ofAnother]) {
        await expect(asRelayer.register(registration, signature, wrong, NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
    });

    it("refuses nobody as the owner", async () => {
      const { registry, asRelayer, key, connection } = await load();
      const registration = registrationOf(key, ZeroAddress);
      const signature = await signRegistration(registry, key, registration);
      await expect(asRelayer.register(registration, signature, toBeHex(0, 65), "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(ZeroAddress);
      const asNobody = registry.connect(connection.ethers.provider);
      const from = { from: ZeroAddress };
      await expect(asNobody.register.staticCall(registration, signature, "0x", "0x", from))
        .to.be.revertedWithCustomError(registry, "ERC721InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });

  describe("without the device's consent", () => {
    it("R11 refuses what is not the key's signature, whatever its form", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const registration = registrationOf(key, accounts.alice.address);
      const good = await signRegistration(registry, key, registration);
      for (const wrong of ["0x", "0x00", toBeHex(0, 64), toBeHex(0, 65), concat([good, "0x00"])]) {
        await expect(asAlice.register(registration, wrong, "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
      }
    });

    it("R11 refuses the zero address as a key: what recovers to nobody is by nobody", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const nobody = keyHashOf(1, ZeroAddress);
      const registration = registrationOf(key, accounts.alice.address, { key: ZeroAddress });
      for (const signature of ["0x", toBeHex(0, 64), toBeHex(0, 65), await key.sign(MODEL)]) {
        await expect(asAlice.register(registration, signature, "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(nobody);
      }
    });

    it("R01 R06 takes a registration for no other action, and no other action's signature here", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      const registration = registrationOf(key, accounts.alice.address);
      const beat = { deviceId: key.deviceId, timestamp: await now(loaded), firmwareHash: ZeroHash };
      const rotation = await rotationMessage(registry, key.deviceId, key);
      const domain = await deviceDomain(registry);
      const attestation = await signAsDevice(
        key,
        domain,
        { Attestation: REGISTRATION.Registration ?? [] },
        signedPart(registration),
      );
      for (const foreign of [
        (await signHeartbeat(registry, key, beat)).signature,
        await signRotation(registry, key, rotation),
        attestation, // the same fields under another name
      ]) {
        await expect(asAlice.register(registration, foreign, "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
      }
      const signature = await signRegistration(registry, key, registration);
      await asAlice.register(registration, signature, "0x", NO_ATTESTATION);
      await expect(registry.heartbeat({ ...beat, signature }))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
    });

    it("R04 refuses a signature for another chain, registry, name or version", async () => {
      const { registry, asAlice, accounts, key, makerRegistry } = await load();
      const registration = registrationOf(key, accounts.alice.address);
      const domain = await deviceDomain(registry);
      for (const other of [
        { ...domain, chainId: 4689 },
        { ...domain, verifyingContract: await makerRegistry.getAddress() },
        { ...domain, name: "DeFIoT MakerRegistry" },
        { ...domain, version: "2" },
      ]) {
        const foreign = await signAsDevice(key, other, REGISTRATION, signedPart(registration));
        await expect(asAlice.register(registration, foreign, "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
        const signature = await signRegistration(registry, key, registration);
        const owners = await accounts.alice.signTypedData(
          other,
          REGISTRATION,
          signedPart(registration),
        );
        await expect(
          registry.connect(accounts.relayer).register(registration, signature, owners, "0x"),
        )
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
    });

    it("R11 refuses a P-256 signature with a high s", async () => {
      const { registry, asAlice, accounts } = await load();
      const key = await P256Key.generate();
      const registration = registrationOf(key, accounts.alice.address);
      const low = await signRegistration(registry, key, registration);
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const s = toBigInt(`0x${low.slice(66)}`);
      const high = concat([low.slice(0, 66), toBeHex(order - s, 32)]);
      expect(withLowS(high)).to.equal(low);
      await expect(asAlice.register(registration, high, "0x", NO_ATTESTATION))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
      await asAlice.register(registration, low, "0x", NO_ATTESTATION);
    });
  });

  describe("of a key that does not fit its type", () => {
    for (const keyType of [0n, 3n, 255n]) {
      it(`refuses key type ${keyType}`, async () => {
        const { registry, asAlice, accounts, key } = await load();
        const registration = registrationOf(key, accounts.alice.address, { keyType });
        await expect(asAlice.register(registration, "0x", "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnknownKeyType")
          .withArgs(keyType);
      });
    }

    for (const [keyType, length] of [
      [1n, 0],
      [1n, 19],
      [1n, 21],
      [1n, 64],
      [2n, 20],
      [2n, 63],
      [2n, 65],
    ] as const) {
      it(`refuses ${length} bytes as a key of type ${keyType}`, async () => {
        const { registry, asAlice, accounts, key } = await load();
        const wrong = length === 0 ? "0x" : toBeHex(1, length);
        const registration = registrationOf(key, accounts.alice.address, { keyType, key: wrong });
        await expect(asAlice.register(registration, "0x", "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyLength")
          .withArgs(keyType, BigInt(length));
      });
    }
  });

  describe("of a document", () => {
    it("takes a hash without a place", async () => {
      const loaded = await load();
      const { registry, key } = loaded;
      await registerDevice(loaded, key, { documentHash: DOCUMENT });
      expect(await registry.documentHashOf(key.deviceId)).to.equal(DOCUMENT);
    });

    it("refuses a place without a hash", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const { registration, deviceSignature } = await claimOf(
        registry,
        key,
        accounts.alice.address,
        {
          documentURI: "ipfs://document",
        },
      );
      await expect(asAlice.register(registration, deviceSignature, "0x", NO_ATTESTATION))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryDocumentWithoutHash")
        .withArgs("ipfs://document");
    });
  });

  describe("with a maker", () => {
    it("R02 refuses to name none and bring an attestation", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      const { registration, deviceSignature } = await claimOf(
        registry,
        key,
        accounts.alice.address,
      );
      for (const attestation of ["0x00", await vouch(loaded, key)]) {
        await expect(asAlice.register(registration, deviceSignature, "0x", attestation))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnexpectedAttestation")
          .withArgs(attestation);
      }
    });

    it("IDN-12 refuses to name one and bring no attestation", async () => {
      const { registry, asAlice, accounts, key, makerId } = await load();
      const { registration, deviceSignature } = await claimOf(
        registry,
        key,
        accounts.alice.address,
        {
          makerId,
          modelHash: MODEL,
        },
      );
      for (const attestation of ["0x", "0x0000"]) {
        await expect(asAlice.register(registration, deviceSignature, "0x", attestation))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryMalformedAttestation")
          .withArgs(attestation);
      }
    });

    it("IDN-12 passes on why the maker's registry refuses", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key, makerId, makerRegistry } = loaded;
      const attempt = async (attestation: string) => {
        const { registration, deviceSignature } = await claimOf(
          registry,
          key,
          accounts.alice.address,
          { makerId, modelHash: MODEL },
          attestation,
        );
        return asAlice.register(registration, deviceSignature, "0x", attestation);
      };
      const ofAnother = await vouch(loaded, Secp256k1Key.generate());
      await expect(attempt(ofAnother))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 1n, key.keyHash, MODEL);
      await expect(attempt("0x010203")) // three bytes are a lot without evidence
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 0x010203n, key.keyHash, MODEL);
      const deadline = await now(loaded);
      const word = { makerId, lot: 1, keyHash: key.keyHash, modelHash: MODEL, deadline };
      const late = await signAttestation(makerRegistry, accounts.maker, word);
      await expect(attempt(late))
        .to.be.revertedWithCustomError(makerRegistry, "MakerRegistryExpiredAttestation")
        .withArgs(BigInt(deadline));
      expect(await recordOf(registry, key.deviceId)).to.deep.equal(NO_RECORD);
      await attempt(await vouch(loaded, key));
    });
  });

  describe("of a key that is known", () => {
    it("IDN-01 R03 refuses the same registration again, from anyone", async () => {
      const { registry, asAlice, asRelayer, accounts, key } = await load();
      const registration = registrationOf(key, accounts.alice.address);
      const args = [
        registration,
        await signRegistration(registry, key, registration),
        await signOwnership(registry, accounts.alice, registration),
        NO_ATTESTATION,
      ] as const;
      await asAlice.register(...args);
      await asAlice.transferFrom(accounts.alice, accounts.bob, key.deviceId);
      for (const sender of [asAlice, asRelayer]) {
        await expect(sender.register(...args))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
          .withArgs(key.keyHash);
      }
      expect(await registry.ownerOf(key.deviceId)).to.equal(accounts.bob.address);
    });

    it("IDN-01 R07 refuses a key whose device is suspended or retired", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      await registerDevice(loaded, key);
      const { registration, deviceSignature } = await claimOf(registry, key, accounts.bob.address);
      const asBob = registry.connect(accounts.bob);
      for (const end of [asAlice.suspend, asAlice.retire]) {
        await end(key.deviceId);
        await expect(asBob.register(registration, deviceSignature, "0x", NO_ATTESTATION))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
          .withArgs(key.keyHash);
      }
      expect(await registry.balanceOf(accounts.bob)).to.equal(0n);
      expect(await registry.balanceOf(accounts.alice)).to.equal(0n);
    });

    it("IDN-01 R07 refuses every key that ever served a device, in use or rotated away", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      await registerDevice(loaded, key);
      const [second, third] = [await P256Key.generate(), Secp256k1Key.generate()];
      await rotate(loaded, key.deviceId, key, second);
      await rotate(loaded, key.deviceId, second, third);
      for (const ends of [false, true]) {
        if (ends) await asAlice.retire(key.deviceId);
        for (const known of [key, second, third]) {
          const claim = await claimOf(registry, known, accounts.alice.address);
          await expect(asAlice.register(claim.registration, claim.deviceSignature, "0x", "0x"))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
            .withArgs(known.keyHash);
          expect(await eventsOf(registry, asAlice.registerMany([claim]))).to.deep.equal([
            ["RegistrationSkipped", known.keyHash],
          ]);
        }
      }
    });
  });

  describe("registerMany", () => {
    it("registers a fleet, for several owners and of several key types", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key, makerId } = loaded;
      const [second, third] = [await P256Key.generate(), Secp256k1Key.generate()];
      const attested = await claimOf(
        registry,
        second,
        accounts.alice.address,
        { makerId, modelHash: MODEL, documentHash: DOCUMENT, documentURI: "ipfs://document" },
        await vouch(loaded, second),
      );
      const ofBob = await claimOf(registry, third, accounts.bob.address);
      const sending = asAlice.registerMany([
        await claimOf(registry, key, accounts.alice.address),
        attested,
        {
          ...ofBob,
          ownerSignature: await signOwnership(registry, accounts.bob, ofBob.registration),
        },
      ]);
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["Transfer", ZeroAddress, accounts.alice.address, key.deviceId],
        ["DeviceRegistered", key.deviceId, 0n, 0n, 1n, key.key, ZeroHash, ZeroHash, ""],
        ["Transfer", ZeroAddress, accounts.alice.address, second.deviceId],
        [
          "DeviceRegistered",
          second.deviceId,
          1n,
          1n,
          2n,
          second.key,
          MODEL,
          DOCUMENT,
          "ipfs://document",
        ],
        ["Transfer", ZeroAddress, accounts.bob.address, third.deviceId],
        ["DeviceRegistered", third.deviceId, 0n, 0n, 1n, third.key, ZeroHash, ZeroHash, ""],
      ]);
      expect(await registry.keyOf(second.deviceId)).to.equal(second.key);
      expect(await registry.documentHashOf(second.deviceId)).to.equal(DOCUMENT);
      expect(await recordOf(registry, second.deviceId)).to.deep.equal({
        ...FRESH_RECORD,
        keyType: 2n,
        makerId: 1n,
        lot: 1n,
      });
    });

    it("passes over what somebody registered first, and a key that is there twice", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key } = loaded;
      const other = Secp256k1Key.generate();
      await registerDevice(loaded, key, {}, accounts.bob);
      const claims = [
        await claimOf(registry, key, accounts.alice.address),
        await claimOf(registry, other, accounts.alice.address),
        await claimOf(registry, other, accounts.alice.address),
      ];
      expect(await eventsOf(registry, asAlice.registerMany(claims))).to.deep.equal([
        ["RegistrationSkipped", key.keyHash],
        ["Transfer", ZeroAddress, accounts.alice.address, other.deviceId],
        ["DeviceRegistered", other.deviceId, 0n, 0n, 1n, other.key, ZeroHash, ZeroHash, ""],
        ["RegistrationSkipped", other.keyHash],
      ]);
      expect(await registry.ownerOf(key.deviceId)).to.equal(accounts.bob.address);
    });

    it("does nothing with nothing", async () => {
      const { registry, asAlice } = await load();
      expect(await eventsOf(registry, asAlice.registerMany([]))).to.deep.equal([]);
    });

    it("reverts the whole for anything else that is wrong", async () => {
      const { registry, asAlice, accounts, key } = await load();
      const good = await claimOf(registry, key, accounts.alice.address);
      const other = Secp256k1Key.generate();
      const bad = await claimOf(registry, other, accounts.alice.address);
      await expect(asAlice.registerMany([good, { ...bad, deviceSignature: good.deviceSignature }]))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(other.keyHash);
      await expect(registry.connect(accounts.bob).registerMany([good]))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(accounts.alice);
      await expect(asAlice.registerMany([good, { ...bad, attestation: "0x01" }]))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnexpectedAttestation")
        .withArgs("0x01");
      const { registration } = bad;
      const longer = {
        ...bad,
        registration: { ...registration, key: concat([other.key, "0x00"]) },
      };
      await expect(asAlice.registerMany([good, longer]))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyLength")
        .withArgs(1n, 21n);
      const late = await claimOf(registry, other, accounts.alice.address, { deadline: 1 });
      await expect(asAlice.registerMany([good, late]))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryExpiredSignature")
        .withArgs(1n);
      expect(await recordOf(registry, key.deviceId)).to.deep.equal(NO_RECORD);
    });
  });

  describe("IDN-06 of many", () => {
    it("counts as many tokens as devices registered and not retired", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts } = loaded;
      const keys = [1, 2, 3].map(() => Secp256k1Key.generate());
      for (const key of keys) await registerDevice(loaded, key);
      const [first, second] = keys.map(({ deviceId }) => deviceId);
      const total = async () => {
        const owners = [accounts.alice, accounts.bob];
        const balances = await Promise.all(owners.map((owner) => registry.balanceOf(owner)));
        return balances.reduce((sum, balance) => sum + balance);
      };
      expect(await total()).to.equal(3n);
      await asAlice.transferFrom(accounts.alice, accounts.bob, first ?? 0n);
      expect(await total()).to.equal(3n);
      await asAlice.retire(second ?? 0n);
      expect(await total()).to.equal(2n);
      await registry.connect(accounts.bob).retire(first ?? 0n);
      expect(await total()).to.equal(1n);
    });
  });
});
