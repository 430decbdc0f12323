import { expect } from "chai";
import {
  concat,
  dataSlice,
  id,
  keccak256,
  toBeHex,
  toBigInt,
  toUtf8Bytes,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import { P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import {
  ATTESTATION,
  Batch,
  makerDomain,
  NEVER,
  signAttestation,
} from "../../scripts/lib/identity.js";
import type { MakerRegistry } from "../../typechain-types/index.js";
import {
  actionsOf,
  eventsOf,
  longSignature,
  nextBlockAt,
  now,
  plain,
  registerMaker,
  startingFrom,
} from "./registry.js";

const NAME_HASH = keccak256(toUtf8Bytes("Acme"));
const KEY_HASH = id("a key");
const MODEL = id("a model");
const ROOT = id("a root");
const DEVICE = toBigInt(KEY_HASH);
const OTHER_DEVICE = toBigInt(id("another key"));

/** The evidence of an attestation: all but the lot, which the device registry takes off. */
const evidenceOf = (attestation: string): string => dataSlice(attestation, 3);

describe("MakerRegistry", () => {
  const load = startingFrom(async (identity) => {
    const { makerRegistry, accounts } = identity;
    await registerMaker(identity);
    return { makers: makerRegistry, asMaker: makerRegistry.connect(accounts.maker), makerId: 1 };
  });

  /** Evidence in the maker's lot 1 for KEY_HASH and MODEL, with whatever differs. */
  async function attest(
    { makers, accounts }: Awaited<ReturnType<typeof load>>,
    rest: Partial<Parameters<typeof signAttestation>[2]> = {},
    signer = accounts.maker,
  ): Promise<string> {
    return evidenceOf(
      await signAttestation(makers, signer, {
        makerId: 1,
        lot: 1,
        keyHash: KEY_HASH,
        modelHash: MODEL,
        deadline: NEVER,
        ...rest,
      }),
    );
  }

  async function makerOf(makers: MakerRegistry, makerId: number): Promise<unknown> {
    return plain(await makers.makerOf(makerId));
  }

  const NOBODY = {
    verified: false,
    signerLot: 0n,
    lots: 0n,
    verifiableFrom: 0n,
    nameHash: ZeroHash,
    signer: "0x",
  };

  describe("of no maker", () => {
    const loadEmpty = startingFrom((identity) =>
      Promise.resolve({ makers: identity.makerRegistry }),
    );

    it("is named, and counts none", async () => {
      const { makers } = await loadEmpty();
      expect(await makers.name()).to.equal("DeFIoT Maker");
      expect(await makers.symbol()).to.equal("MAKER");
      expect(await makers.makerCount()).to.equal(0n);
    });

    it("says its EIP-712 domain, and obeys the suite's AccessManager", async () => {
      const { makers, accessManager } = await loadEmpty();
      const { name, version, chainId, verifyingContract, fields } = await makers.eip712Domain();
      expect([name, version, chainId, verifyingContract, fields]).to.deep.equal([
        "DeFIoT MakerRegistry",
        "1",
        31337n,
        await makers.getAddress(),
        "0x0f",
      ]);
      expect(await makers.authority()).to.equal(await accessManager.getAddress());
    });

    it("supports ERC-721, its metadata and ERC-165, and nothing else", async () => {
      const { makers } = await loadEmpty();
      for (const known of ["0x80ac58cd", "0x5b5e139f", "0x01ffc9a7"])
        expect(await makers.supportsInterface(known)).to.equal(true);
      for (const unknown of ["0xffffffff", "0x49064906", "0xad092b5c"])
        expect(await makers.supportsInterface(unknown)).to.equal(false);
    });

    it("R09 knows nobody by the number 0", async () => {
      const { makers, accounts } = await loadEmpty();
      expect(await makerOf(makers, 0)).to.deep.equal(NOBODY);
      await expect(makers.ownerOf(0))
        .to.be.revertedWithCustomError(makers, "ERC721NonexistentToken")
        .withArgs(0n);
      await expect(makers.setSigner(0, accounts.maker.address))
        .to.be.revertedWithCustomError(makers, "MakerRegistryNotOwner")
        .withArgs(0n, accounts.deployer);
      const deadline = toBeHex(NEVER, 6);
      for (const [lot, evidence] of [
        [0, "0x"],
        [0, deadline],
        [0, concat([deadline, toBeHex(0, 65)])],
        [1, "0x"],
        [1, ZeroHash],
      ] as const) {
        await expect(makers.checkAttestation(0, lot, KEY_HASH, MODEL, evidence))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(0n, BigInt(lot), KEY_HASH, MODEL);
      }
    });
  });

  describe("register", () => {
    it("gives anyone the next number, from 1, and its token", async () => {
      const { makers, accounts } = await load();
      const asStranger = makers.connect(accounts.stranger);
      expect(await asStranger.register.staticCall("Beta", "ipfs://beta", "0x")).to.equal(2n);
      const beta = keccak256(toUtf8Bytes("Beta"));
      expect(
        await eventsOf(makers, asStranger.register("Beta", "ipfs://beta", "0x")),
      ).to.deep.equal([
        ["MakerRegistered", 2n, accounts.stranger.address, beta, "Beta", "ipfs://beta"],
        ["Transfer", ZeroAddress, accounts.stranger.address, 2n],
      ]);
      expect(await makers.ownerOf(2)).to.equal(accounts.stranger.address);
      expect(await makers.makerCount()).to.equal(2n);
      expect(await makerOf(makers, 2)).to.deep.equal({ ...NOBODY, nameHash: beta });
    });

    it("opens lot 1 for a signer", async () => {
      const { makers, accounts } = await load();
      const signer = accounts.bob.address.toLowerCase();
      const registering = makers.connect(accounts.bob).register("Acme", "", signer);
      expect(await eventsOf(makers, registering)).to.deep.equal([
        ["MakerRegistered", 2n, accounts.bob.address, NAME_HASH, "Acme", ""],
        ["MakerSignerSet", 2n, 1n, signer],
        ["Transfer", ZeroAddress, accounts.bob.address, 2n],
      ]);
      expect(await makerOf(makers, 2)).to.deep.equal({
        ...NOBODY,
        signerLot: 1n,
        lots: 1n,
        nameHash: NAME_HASH,
        signer,
      });
    });

    it("R05 lets two makers bear one name, and neither shuts the other out", async () => {
      const identity = await load();
      const { makers, accounts, asMaker } = identity;
      await registerMaker(identity, accounts.bob.address, accounts.bob);
      const [first, second] = [await makers.makerOf(1), await makers.makerOf(2)];
      expect(first.nameHash).to.equal(second.nameHash);
      expect(await makers.ownerOf(1)).to.equal(accounts.maker.address);
      expect(await makers.ownerOf(2)).to.equal(accounts.bob.address);
      await asMaker.setSigner(1, accounts.carol.address);
      expect((await makers.makerOf(2)).signer).to.equal(accounts.bob.address.toLowerCase());
    });

    for (const length of [1, 19]) {
      it(`refuses a signer of ${length} bytes`, async () => {
        const { makers } = await load();
        const signer = toBeHex(1, length);
        await expect(makers.register("Beta", "", signer))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidSigner")
          .withArgs(signer);
        expect(await makers.makerCount()).to.equal(1n);
      });
    }
  });

  describe("setSigner", () => {
    it("opens another lot for another signer", async () => {
      const { makers, asMaker, accounts } = await load();
      const signer = accounts.carol.address.toLowerCase();
      expect(await asMaker.setSigner.staticCall(1, signer)).to.equal(2n);
      expect(await eventsOf(makers, asMaker.setSigner(1, signer))).to.deep.equal([
        ["MakerSignerSet", 1n, 2n, signer],
      ]);
      expect(await makerOf(makers, 1)).to.deep.equal({
        ...NOBODY,
        signerLot: 2n,
        lots: 2n,
        nameHash: NAME_HASH,
        signer,
      });
    });

    it("takes an ERC-7913 signer", async () => {
      const { makers, asMaker, p256Verifier } = await load();
      const { key } = await P256Key.generate();
      const signer = concat([await p256Verifier.getAddress(), key]);
      await asMaker.setSigner(1, signer);
      expect((await makers.makerOf(1)).signer).to.equal(signer);
    });

    it("takes the signer away when it is empty, and numbers no lot for that", async () => {
      const { makers, asMaker, accounts } = await load();
      expect(await asMaker.setSigner.staticCall(1, "0x")).to.equal(0n);
      expect(await eventsOf(makers, asMaker.setSigner(1, "0x"))).to.deep.equal([
        ["MakerSignerSet", 1n, 0n, "0x"],
      ]);
      const without = { ...NOBODY, lots: 1n, nameHash: NAME_HASH };
      expect(await makerOf(makers, 1)).to.deep.equal(without);
      await asMaker.setSigner(1, accounts.maker.address);
      expect((await makers.makerOf(1)).signerLot).to.equal(2n); // never lot 1 again
    });

    it("refuses a signer of 19 bytes", async () => {
      const { makers, asMaker } = await load();
      const signer = toBeHex(1, 19);
      await expect(asMaker.setSigner(1, signer))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidSigner")
        .withArgs(signer);
    });
  });

  describe("publishBatch", () => {
    it("opens a lot of its own, and leaves the signer's open", async () => {
      const { makers, asMaker, accounts } = await load();
      expect(await asMaker.publishBatch.staticCall(1, ROOT, 1, "ipfs://run")).to.equal(2n);
      expect(await eventsOf(makers, asMaker.publishBatch(1, ROOT, 1, "ipfs://run"))).to.deep.equal([
        ["BatchPublished", 1n, 2n, ROOT, 1n, "ipfs://run"],
      ]);
      expect(await makers.batchRootOf(1, 2)).to.equal(ROOT);
      expect(await makers.batchRootOf(1, 1)).to.equal(ZeroHash);
      expect(await makers.batchRootOf(1, 3)).to.equal(ZeroHash);
      expect(await makers.batchRootOf(2, 2)).to.equal(ZeroHash);
      expect(await makerOf(makers, 1)).to.deep.equal({
        ...NOBODY,
        signerLot: 1n,
        lots: 2n,
        nameHash: NAME_HASH,
        signer: accounts.maker.address.toLowerCase(),
      });
      await asMaker.publishBatch(1, ROOT, 2 ** 32 - 1, "");
      expect(await makers.batchRootOf(1, 3)).to.equal(ROOT);
    });

    for (const [what, root, count] of [
      ["root", ZeroHash, 1n],
      ["device", ROOT, 0n],
    ] as const) {
      it(`refuses a batch without a ${what}`, async () => {
        const { makers, asMaker } = await load();
        await expect(asMaker.publishBatch(1, root, count, ""))
          .to.be.revertedWithCustomError(makers, "MakerRegistryEmptyBatch")
          .withArgs(root, count);
        expect((await makers.makerOf(1)).lots).to.equal(1n);
      });
    }
  });

  describe("recallLot", () => {
    it("recalls every device of a lot, and of no other lot or maker", async () => {
      const { makers, asMaker, accounts } = await load();
      await asMaker.publishBatch(1, ROOT, 1, "");
      await makers.connect(accounts.bob).register("Beta", "", accounts.bob.address);
      expect(await makers.standingOf(1, 1, DEVICE)).to.deep.equal([false, false]);
      expect(await eventsOf(makers, asMaker.recallLot(1, 1, "it burns"))).to.deep.equal([
        ["LotRecalled", 1n, 1n, "it burns"],
      ]);
      expect(await makers.standingOf(1, 1, DEVICE)).to.deep.equal([false, true]);
      expect(await makers.standingOf(1, 1, OTHER_DEVICE)).to.deep.equal([false, true]);
      expect(await makers.standingOf(1, 2, DEVICE)).to.deep.equal([false, false]);
      expect(await makers.standingOf(2, 1, DEVICE)).to.deep.equal([false, false]);
    });

    it("takes the newest lot, and refuses the one after it and lot 0", async () => {
      const { makers, asMaker } = await load();
      for (const lot of [0n, 2n]) {
        await expect(asMaker.recallLot(1, lot, ""))
          .to.be.revertedWithCustomError(makers, "MakerRegistryUnknownLot")
          .withArgs(1n, lot);
      }
      await asMaker.recallLot(1, 1, "");
    });

    it("refuses a second time", async () => {
      const { makers, asMaker } = await load();
      await asMaker.recallLot(1, 1, "");
      await expect(asMaker.recallLot(1, 1, ""))
        .to.be.revertedWithCustomError(makers, "MakerRegistryLotAlreadyRecalled")
        .withArgs(1n, 1n);
    });
  });

  describe("recallDevice", () => {
    it("recalls one device of this maker, in every lot there is", async () => {
      const { makers, asMaker } = await load();
      expect(await eventsOf(makers, asMaker.recallDevice(1, DEVICE, "it lies"))).to.deep.equal([
        ["DeviceRecalled", 1n, DEVICE, "it lies"],
      ]);
      // Lot 0 is none, and lot 2 is not open yet.
      for (const [lot, recalled] of [false, true, false].entries())
        expect(await makers.standingOf(1, lot, DEVICE)).to.deep.equal([false, recalled]);
      expect(await makers.standingOf(1, 1, OTHER_DEVICE)).to.deep.equal([false, false]);
      expect(await makers.standingOf(2, 1, DEVICE)).to.deep.equal([false, false]);
    });

    it("can do it again, and then means the lots that were opened since", async () => {
      const { makers, asMaker } = await load();
      await asMaker.recallDevice(1, DEVICE, "");
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 2
      expect(await makers.recalledUpTo(1, 2, DEVICE)).to.equal(1n);
      expect(await makers.standingOf(1, 2, DEVICE)).to.deep.equal([false, false]);
      const again = asMaker.recallDevice(1, DEVICE, "it lies again");
      expect(await eventsOf(makers, again)).to.deep.equal([
        ["DeviceRecalled", 1n, DEVICE, "it lies again"],
      ]);
      expect(await makers.recalledUpTo(1, 2, DEVICE)).to.equal(2n);
      for (const lot of [1, 2])
        expect(await makers.standingOf(1, lot, DEVICE)).to.deep.equal([false, true]);
    });

    it("refuses a maker that has no lot yet: it vouches for nothing", async () => {
      const { makers, accounts } = await load();
      const asBob = makers.connect(accounts.bob);
      await asBob.register("Beta", "", "0x");
      await expect(asBob.recallDevice(2, DEVICE, ""))
        .to.be.revertedWithCustomError(makers, "MakerRegistryUnknownLot")
        .withArgs(2, 0);
      expect(await makers.recalledUpTo(2, 0, DEVICE)).to.equal(0n);
      expect(await makers.standingOf(2, 0, DEVICE)).to.deep.equal([false, false]);
      await asBob.setSigner(2, accounts.bob.address); // lot 1
      expect(await makers.standingOf(2, 1, DEVICE)).to.deep.equal([false, false]);
    });
  });

  describe("recalledUpTo", () => {
    it("is the newest lot at the time of the recall, not now", async () => {
      const { makers, asMaker } = await load();
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 2
      expect(await makers.recalledUpTo(1, 1, DEVICE)).to.equal(0n);
      await asMaker.recallLot(1, 1, "");
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 3
      expect(await makers.recalledUpTo(1, 1, DEVICE)).to.equal(2n);
      expect(await makers.recalledUpTo(1, 1, OTHER_DEVICE)).to.equal(2n);
      for (const lot of [0, 2, 3]) expect(await makers.recalledUpTo(1, lot, DEVICE)).to.equal(0n);
      expect(await makers.recalledUpTo(2, 1, DEVICE)).to.equal(0n);
      // The device's own lot is the one that was recalled: the others of that time are not.
      expect(await makers.standingOf(1, 2, DEVICE)).to.deep.equal([false, false]);
    });

    it("is the later of the lot's and the device's recall", async () => {
      const { makers, asMaker } = await load();
      await asMaker.recallLot(1, 1, "");
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 2
      await asMaker.recallDevice(1, DEVICE, "");
      expect(await makers.recalledUpTo(1, 1, DEVICE)).to.equal(2n);
      expect(await makers.recalledUpTo(1, 1, OTHER_DEVICE)).to.equal(1n);
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 3
      await asMaker.recallLot(1, 2, "");
      expect(await makers.recalledUpTo(1, 2, DEVICE)).to.equal(3n);
      expect(await makers.recalledUpTo(1, 3, DEVICE)).to.equal(2n);
      expect(await makers.standingOf(1, 3, DEVICE)).to.deep.equal([false, false]);
    });
  });

  describe("for who does not own the maker", () => {
    const actions: [string, (makers: MakerRegistry, makerId: number) => Promise<unknown>][] = [
      ["setSigner", (makers, makerId) => makers.setSigner(makerId, ZeroAddress)],
      ["setSigner to none", (makers, makerId) => makers.setSigner(makerId, "0x")],
      ["publishBatch", (makers, makerId) => makers.publishBatch(makerId, ROOT, 1, "")],
      ["recallLot", (makers, makerId) => makers.recallLot(makerId, 1, "")],
      ["recallDevice", (makers, makerId) => makers.recallDevice(makerId, DEVICE, "")],
    ];
    for (const [name, act] of actions) {
      it(`R47 refuses ${name}, also to roles, signer and approved`, async () => {
        const { makers, asMaker, accounts } = await load();
        await asMaker.setSigner(1, accounts.carol.address);
        await asMaker.approve(accounts.bob, 1);
        await asMaker.setApprovalForAll(accounts.relayer, true);
        const before = await makerOf(makers, 1);
        const { deployer, admin, guardian, makerVerifier, bob, carol, relayer } = accounts;
        for (const who of [deployer, admin, guardian, makerVerifier, bob, carol, relayer]) {
          await expect(act(makers.connect(who), 1))
            .to.be.revertedWithCustomError(makers, "MakerRegistryNotOwner")
            .withArgs(1n, who);
        }
        await expect(act(asMaker, 2)) // nobody's
          .to.be.revertedWithCustomError(makers, "MakerRegistryNotOwner")
          .withArgs(2n, accounts.maker);
        expect(await makerOf(makers, 1)).to.deep.equal(before);
        expect(await makers.standingOf(1, 1, DEVICE)).to.deep.equal([false, false]);
      });
    }
  });

  describe("R47 for ADMIN, GUARDIAN, MAKER_VERIFIER and the deployer", () => {
    it("has nothing that touches another's maker but the mark: they try it all", async () => {
      const { makers, accounts, accessManager } = await load();
      const { maker, admin, guardian, makerVerifier, deployer } = accounts;
      const attempts: Record<string, (by: MakerRegistry, to: string) => Promise<unknown>> = {
        approve: (by, to) => by.approve(to, 1),
        publishBatch: (by) => by.publishBatch(1, ROOT, 1, ""),
        recallDevice: (by) => by.recallDevice(1, DEVICE, ""),
        recallLot: (by) => by.recallLot(1, 1, ""),
        safeTransferFrom: (by, to) => by["safeTransferFrom(address,address,uint256)"](maker, to, 1),
        setAuthority: (by) => by.setAuthority(accessManager),
        setSigner: (by, to) => by.setSigner(1, to),
        setVerified: (by) => by.setVerified(1, maker, true),
        transferFrom: (by, to) => by.transferFrom(maker, to, 1),
      };
      const harmless: typeof attempts = {
        register: (by) => by.register("Acme", "", "0x"), // a maker of his own
        setApprovalForAll: (by) => by.setApprovalForAll(maker, true),
      };
      // A new function has to be tried here too.
      const tried = new Set([...Object.keys(attempts), ...Object.keys(harmless)]);
      expect(actionsOf(makers.interface)).to.deep.equal(tried);

      const everything = async () => ({
        maker: await makerOf(makers, 1),
        owner: await makers.ownerOf(1),
        approved: await makers.getApproved(1),
        roots: [await makers.batchRootOf(1, 1), await makers.batchRootOf(1, 2)],
        standing: await makers.standingOf(1, 1, DEVICE),
        authority: await makers.authority(),
      });
      const before = await everything();
      for (const who of [admin, guardian, deployer, makerVerifier]) {
        const by = makers.connect(who);
        for (const [name, attempt] of Object.entries(attempts)) {
          if (who === makerVerifier && name === "setVerified") continue;
          const refused: unknown = await attempt(by, who.address).catch((error: unknown) => error);
          expect(refused, `${name} by ${who.address}`).to.be.an.instanceOf(Error);
        }
        for (const attempt of Object.values(harmless)) await attempt(by, who.address);
      }
      expect(await everything()).to.deep.equal(before);
      await makers.connect(makerVerifier).setVerified(1, maker, true);
      expect(await everything()).to.deep.equal({
        ...before,
        maker: { ...(before.maker as object), verified: true },
        standing: [true, false],
      });
    });
  });

  describe("setVerified", () => {
    it("lets MAKER_VERIFIER set the mark and take it away", async () => {
      const { makers, accounts } = await load();
      const asVerifier = makers.connect(accounts.makerVerifier);
      const before = plain(await makers.makerOf(1));
      expect(await eventsOf(makers, asVerifier.setVerified(1, accounts.maker, true))).to.deep.equal(
        [["MakerVerificationSet", 1n, true]],
      );
      expect(await makerOf(makers, 1)).to.deep.equal({ ...before, verified: true });
      expect(await makers.standingOf(1, 1, DEVICE)).to.deep.equal([true, false]);
      expect(await makers.standingOf(2, 1, DEVICE)).to.deep.equal([false, false]);
      expect(
        await eventsOf(makers, asVerifier.setVerified(1, accounts.maker, false)),
      ).to.deep.equal([["MakerVerificationSet", 1n, false]]);
      expect(await makerOf(makers, 1)).to.deep.equal(before);
    });

    for (const makerId of [0n, 2n]) {
      it(`refuses maker ${makerId}, whom nobody registered`, async () => {
        const { makers, accounts } = await load();
        await expect(makers.connect(accounts.makerVerifier).setVerified(makerId, ZeroAddress, true))
          .to.be.revertedWithCustomError(makers, "ERC721NonexistentToken")
          .withArgs(makerId);
      });
    }

    it("R49 refuses when the token is no longer of whom the verifier looked at", async () => {
      const { makers, asMaker, accounts } = await load();
      const asVerifier = makers.connect(accounts.makerVerifier);
      await asMaker.transferFrom(accounts.maker, accounts.bob, 1); // comes in between
      for (const verified of [true, false]) {
        for (const owner of [accounts.maker.address, ZeroAddress]) {
          await expect(asVerifier.setVerified(1, owner, verified))
            .to.be.revertedWithCustomError(makers, "MakerRegistryOwnerChanged")
            .withArgs(1n, owner);
        }
      }
      expect((await makers.makerOf(1)).verified).to.equal(false);
      await asVerifier.setVerified(1, accounts.bob, true);
      expect((await makers.makerOf(1)).verified).to.equal(true);
    });

    it("R47 refuses everybody else, the maker and the guardian too", async () => {
      const { makers, accounts } = await load();
      const { maker, guardian, deployer, stranger } = accounts;
      for (const who of [maker, guardian, deployer, stranger]) {
        await expect(makers.connect(who).setVerified(1, accounts.maker, true))
          .to.be.revertedWithCustomError(makers, "AccessManagedUnauthorized")
          .withArgs(who);
      }
      expect((await makers.makerOf(1)).verified).to.equal(false);
    });
  });

  describe("when its token is sold", () => {
    it("is no longer verified, and has no signer", async () => {
      const identity = await load();
      const { makers, asMaker, accounts } = identity;
      await makers.connect(accounts.makerVerifier).setVerified(1, accounts.maker, true);
      const evidence = await attest(identity);
      const selling = asMaker.transferFrom(accounts.maker, accounts.bob, 1);
      expect(await eventsOf(makers, selling)).to.deep.equal([
        ["Transfer", accounts.maker.address, accounts.bob.address, 1n],
        ["MakerVerificationSet", 1n, false],
        ["MakerSignerSet", 1n, 0n, "0x"],
      ]);
      expect(await makerOf(makers, 1)).to.deep.equal({
        ...NOBODY,
        lots: 1n,
        verifiableFrom: 2n,
        nameHash: NAME_HASH,
      });
      await expect(makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 1n, KEY_HASH, MODEL);
    });

    it("R49 covers with the buyer's mark the lots that he opened, and no lot before", async () => {
      const { makers, asMaker, accounts } = await load();
      const asVerifier = makers.connect(accounts.makerVerifier);
      const asBob = makers.connect(accounts.bob);
      await asMaker.publishBatch(1, ROOT, 1, ""); // lot 2, the seller's last
      await asMaker.transferFrom(accounts.maker, accounts.bob, 1);
      expect((await makers.makerOf(1)).verifiableFrom).to.equal(3n);
      await asVerifier.setVerified(1, accounts.bob, true);
      const covered = async () => {
        const lots = [0, 1, 2, 3, 4];
        const standings = await Promise.all(lots.map((lot) => makers.standingOf(1, lot, DEVICE)));
        return lots.filter((lot) => standings[lot]?.verified);
      };
      expect(await covered()).to.deep.equal([3, 4]);
      await asBob.setSigner(1, accounts.bob.address); // lot 3
      expect((await makers.makerOf(1)).signerLot).to.equal(3n);
      expect(await covered()).to.deep.equal([3, 4]);
      // Sold back, the seller's own lots stay out: the buyer could have opened any since.
      await asBob.transferFrom(accounts.bob, accounts.maker, 1);
      expect(await covered()).to.deep.equal([]);
      await asVerifier.setVerified(1, accounts.maker, true);
      expect(await covered()).to.deep.equal([4]);
    });

    it("covers everything of a maker that was sold before it opened a lot", async () => {
      const { makers, accounts } = await load();
      const asBob = makers.connect(accounts.bob);
      await asBob.register("Beta", "", "0x");
      await asBob.transferFrom(accounts.bob, accounts.carol, 2);
      expect((await makers.makerOf(2)).verifiableFrom).to.equal(1n);
      await makers.connect(accounts.makerVerifier).setVerified(2, accounts.carol, true);
      expect(await makers.standingOf(2, 1, DEVICE)).to.deep.equal([true, false]);
    });

    it("obeys the buyer only", async () => {
      const { makers, asMaker, accounts } = await load();
      await asMaker.approve(accounts.relayer, 1);
      await makers.connect(accounts.relayer).transferFrom(accounts.maker, accounts.bob, 1);
      await expect(asMaker.setSigner(1, accounts.maker.address))
        .to.be.revertedWithCustomError(makers, "MakerRegistryNotOwner")
        .withArgs(1n, accounts.maker);
      await makers.connect(accounts.bob).setSigner(1, accounts.bob.address);
      expect((await makers.makerOf(1)).signerLot).to.equal(2n);
    });

    it("says nothing of a mark or a signer that it did not have", async () => {
      const { makers, asMaker, accounts } = await load();
      await asMaker.setSigner(1, "0x");
      const selling = asMaker.transferFrom(accounts.maker, accounts.bob, 1);
      expect(await eventsOf(makers, selling)).to.deep.equal([
        ["Transfer", accounts.maker.address, accounts.bob.address, 1n],
      ]);
    });

    it("keeps its recalls and its batches", async () => {
      const { makers, asMaker, accounts } = await load();
      await asMaker.publishBatch(1, ROOT, 1, "");
      await asMaker.recallLot(1, 1, "");
      await asMaker.recallDevice(1, DEVICE, "");
      await asMaker.transferFrom(accounts.maker, accounts.bob, 1);
      expect(await makers.batchRootOf(1, 2)).to.equal(ROOT);
      expect(await makers.standingOf(1, 1, OTHER_DEVICE)).to.deep.equal([false, true]);
      expect(await makers.standingOf(1, 2, DEVICE)).to.deep.equal([false, true]);
      await expect(makers.connect(accounts.bob).recallLot(1, 1, ""))
        .to.be.revertedWithCustomError(makers, "MakerRegistryLotAlreadyRecalled")
        .withArgs(1n, 1n);
    });
  });

  describe("checkAttestation in a signer's lot", () => {
    it("passes what the signer signed", async () => {
      const identity = await load();
      await identity.makers.checkAttestation(1, 1, KEY_HASH, MODEL, await attest(identity));
    });

    it("hashes the struct that the interface names", async () => {
      const { makers, accounts } = await load();
      const type =
        "Attestation(uint32 makerId,uint24 lot,bytes32 keyHash,bytes32 modelHash,uint48 deadline)";
      expect(TypedDataEncoder.from(ATTESTATION).encodeType("Attestation")).to.equal(type);
      const signer = Secp256k1Key.generate();
      await makers.connect(accounts.maker).setSigner(1, signer.key);
      const words = [toBeHex(1, 32), toBeHex(2, 32), KEY_HASH, MODEL, toBeHex(NEVER, 32)];
      const structHash = keccak256(concat([id(type), ...words]));
      const domainHash = TypedDataEncoder.hashDomain(await makerDomain(makers));
      const signature = await signer.sign(keccak256(concat(["0x1901", domainHash, structHash])));
      const evidence = concat([toBeHex(NEVER, 6), longSignature(signature)]);
      await makers.checkAttestation(1, 2, KEY_HASH, MODEL, evidence);
    });

    it("is good until its deadline, to the second", async () => {
      const identity = await load();
      const { makers, connection } = identity;
      const deadline = (await now(identity)) + 100;
      const evidence = await attest(identity, { deadline });
      await connection.networkHelpers.time.increaseTo(deadline);
      await makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence);
      await connection.networkHelpers.time.increaseTo(deadline + 1);
      await expect(makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence))
        .to.be.revertedWithCustomError(makers, "MakerRegistryExpiredAttestation")
        .withArgs(BigInt(deadline));
    });

    it("refuses it for another maker, lot, key or model, by another signer or with another deadline", async () => {
      const identity = await load();
      const { makers, accounts } = identity;
      await registerMaker(identity); // maker 2, of the same signer
      const good = await attest(identity);
      const other = id("other");
      const refuse = async (
        makerId: number,
        lot: number,
        key: string,
        model: string,
        evidence = good,
      ) => {
        await expect(makers.checkAttestation(makerId, lot, key, model, evidence))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(BigInt(makerId), BigInt(lot), key, model);
      };
      await refuse(2, 1, KEY_HASH, MODEL);
      await refuse(3, 1, KEY_HASH, MODEL);
      await refuse(1, 0, KEY_HASH, MODEL);
      await refuse(1, 2, KEY_HASH, MODEL);
      await refuse(1, 1, other, MODEL);
      await refuse(1, 1, KEY_HASH, other);
      await refuse(1, 1, KEY_HASH, MODEL, await attest(identity, {}, accounts.bob));
      const [deadline, signature] = [dataSlice(good, 0, 6), dataSlice(good, 6)];
      await refuse(1, 1, KEY_HASH, MODEL, concat([toBeHex(NEVER - 1, 6), signature]));
      await refuse(1, 1, KEY_HASH, MODEL, concat([deadline, signature, "0x00"]));
      await refuse(1, 1, KEY_HASH, MODEL, concat([deadline, dataSlice(signature, 0, 64)]));
      await refuse(1, 1, KEY_HASH, MODEL, deadline);
      await refuse(1, 1, KEY_HASH, MODEL, dataSlice(deadline, 0, 5)); // shorter than a deadline
      await refuse(1, 1, KEY_HASH, MODEL, "0x");
      await refuse(1, 1, ZeroHash, ZeroHash, "0x");
    });

    it("R04 refuses a signature for another registry or chain", async () => {
      const identity = await load();
      const { makers, accounts, deviceRegistry } = identity;
      const domain = await makerDomain(makers);
      const message = { makerId: 1, lot: 1, keyHash: KEY_HASH, modelHash: MODEL, deadline: NEVER };
      for (const other of [
        { ...domain, chainId: 1 },
        { ...domain, verifyingContract: await deviceRegistry.getAddress() },
        { ...domain, name: "DeFIoT DeviceRegistry" },
        { ...domain, version: "2" },
      ]) {
        const signature = await accounts.maker.signTypedData(other, ATTESTATION, message);
        const evidence = concat([toBeHex(NEVER, 6), signature]);
        await expect(makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(1n, 1n, KEY_HASH, MODEL);
      }
    });

    it("refuses a closed lot, with what was signed before and after", async () => {
      const identity = await load();
      const { makers, asMaker, accounts } = identity;
      const before = await attest(identity);
      await asMaker.setSigner(1, accounts.maker.address); // the same signer, another generation
      for (const evidence of [before, await attest(identity)]) {
        await expect(makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(1n, 1n, KEY_HASH, MODEL);
      }
      await makers.checkAttestation(1, 2, KEY_HASH, MODEL, await attest(identity, { lot: 2 }));
    });

    it("refuses everything in lot 0 of a maker without a signer", async () => {
      const identity = await load();
      const { makers, asMaker } = identity;
      await asMaker.setSigner(1, "0x");
      const evidence = await attest(identity, { lot: 0 });
      for (const [lot, given] of [
        [0n, evidence],
        [0n, "0x"],
        [0n, concat([toBeHex(NEVER, 6), toBeHex(0, 65)])],
        [1n, await attest(identity)],
      ] as const) {
        await expect(makers.checkAttestation(1, lot, KEY_HASH, MODEL, given))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(1n, lot, KEY_HASH, MODEL);
      }
    });

    it("passes a recalled lot: standing is another question", async () => {
      const identity = await load();
      await identity.asMaker.recallLot(1, 1, "");
      await identity.makers.checkAttestation(1, 1, KEY_HASH, MODEL, await attest(identity));
    });

    it("asks an ERC-1271 wallet, as of now", async () => {
      const identity = await load();
      const { makers, asMaker, accounts, connection } = identity;
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [accounts.bob]);
      await asMaker.setSigner(1, await wallet.getAddress());
      const evidence = await attest(identity, { lot: 2 }, accounts.bob);
      await makers.checkAttestation(1, 2, KEY_HASH, MODEL, evidence);
      await wallet.setSigner(accounts.carol);
      await expect(makers.checkAttestation(1, 2, KEY_HASH, MODEL, evidence))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 2n, KEY_HASH, MODEL);
    });

    it("asks an ERC-7913 verifier about a P-256 signer", async () => {
      const { makers, asMaker, p256Verifier } = await load();
      const signer = await P256Key.generate();
      await asMaker.setSigner(1, concat([await p256Verifier.getAddress(), signer.key]));
      const message = { makerId: 1, lot: 2, keyHash: KEY_HASH, modelHash: MODEL, deadline: NEVER };
      const digest = TypedDataEncoder.hash(await makerDomain(makers), ATTESTATION, message);
      const evidence = async (key: P256Key) => concat([toBeHex(NEVER, 6), await key.sign(digest)]);
      await makers.checkAttestation(1, 2, KEY_HASH, MODEL, await evidence(signer));
      const other = await P256Key.generate();
      await expect(makers.checkAttestation(1, 2, KEY_HASH, MODEL, await evidence(other)))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 2n, KEY_HASH, MODEL);
    });
  });

  describe("checkAttestation in a batch", () => {
    const leafOf = (index: number) => ({
      keyHash: id(`key ${index}`),
      modelHash: id(`model ${index % 2}`),
    });
    const [first, second] = [leafOf(0), leafOf(1)];
    const leaves = [first, second, leafOf(2), leafOf(3), leafOf(4)];
    const batch = new Batch(leaves);
    const proofOf = ({ keyHash, modelHash }: { keyHash: string; modelHash: string }): string =>
      evidenceOf(batch.attest(2, keyHash, modelHash));

    async function published() {
      const identity = await load();
      await identity.asMaker.publishBatch(1, batch.root, batch.count, "");
      return identity;
    }

    it("passes every leaf with its own proof", async () => {
      const { makers } = await published();
      for (const leaf of leaves)
        await makers.checkAttestation(1, 2, leaf.keyHash, leaf.modelHash, proofOf(leaf));
    });

    it("passes a batch of one with an empty proof", async () => {
      const { makers, asMaker } = await load();
      const { root } = new Batch([first]);
      const inner = keccak256(concat([first.keyHash, first.modelHash]));
      expect(root).to.equal(keccak256(inner));
      await asMaker.publishBatch(1, root, 1, "");
      await makers.checkAttestation(1, 2, first.keyHash, first.modelHash, "0x");
    });

    it("refuses another leaf, lot, maker or proof", async () => {
      const { makers, asMaker } = await published();
      await asMaker.publishBatch(1, ROOT, 1, "");
      const good = proofOf(first);
      const { keyHash, modelHash } = first;
      for (const [makerId, lot, key, model, evidence] of [
        [1n, 2n, second.keyHash, modelHash, good],
        [1n, 2n, keyHash, second.modelHash, good],
        [1n, 2n, modelHash, keyHash, good],
        [1n, 3n, keyHash, modelHash, good],
        [1n, 4n, keyHash, modelHash, good],
        [1n, 1n, keyHash, modelHash, good],
        [2n, 2n, keyHash, modelHash, good],
        [1n, 2n, keyHash, modelHash, proofOf(second)],
        [1n, 2n, keyHash, modelHash, "0x"],
        [1n, 2n, keyHash, modelHash, concat([good, "0x00"])], // not whole nodes
        [1n, 2n, keyHash, modelHash, concat([good, toBeHex(0, 31)])],
        [1n, 2n, keyHash, modelHash, concat([good, ZeroHash])],
        [1n, 2n, keyHash, modelHash, dataSlice(good, 32)],
        [1n, 2n, keyHash, modelHash, dataSlice(good, 0, 32)],
      ] as const) {
        await expect(makers.checkAttestation(makerId, lot, key, model, evidence))
          .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
          .withArgs(makerId, lot, key, model);
      }
    });

    it("takes no inner node for a leaf", async () => {
      const { makers, asMaker } = await load();
      // A tree of two leaves: its root is the hash of two words, as what is hashed first of a leaf is.
      const pair = [new Batch([first]).root, new Batch([second]).root];
      const [low = "", high = ""] = pair.sort();
      const { root } = new Batch([first, second]);
      expect(keccak256(concat([low, high]))).to.equal(root);
      await asMaker.publishBatch(1, root, 2, "");
      await expect(makers.checkAttestation(1, 2, low, high, "0x"))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 2n, low, high);
    });

    it("refuses nothing as the proof of nothing where there is no lot", async () => {
      const { makers } = await load();
      await expect(makers.checkAttestation(1, 9, ZeroHash, ZeroHash, "0x"))
        .to.be.revertedWithCustomError(makers, "MakerRegistryInvalidAttestation")
        .withArgs(1n, 9n, ZeroHash, ZeroHash);
    });

    it("passes a batch published before the maker changed its signer, and after it was recalled", async () => {
      const { makers, asMaker } = await published();
      await asMaker.setSigner(1, "0x");
      await asMaker.recallLot(1, 2, "");
      await makers.checkAttestation(1, 2, first.keyHash, first.modelHash, proofOf(first));
    });

    it("R50 tells why through the typings", async () => {
      const { makers } = await published();
      const refused: unknown = await makers
        .checkAttestation(1, 2, KEY_HASH, MODEL, "0x")
        .catch((error: unknown) => error);
      expect(refused).to.have.property("data");
      const { data } = refused as { data: string };
      const error = makers.interface.parseError(data);
      expect(error?.name).to.equal("MakerRegistryInvalidAttestation");
      expect(error?.args.toObject()).to.deep.equal({
        makerId: 1n,
        lot: 2n,
        keyHash: KEY_HASH,
        modelHash: MODEL,
      });
    });
  });

  it("takes its time from the chain, in seconds", async () => {
    const identity = await load();
    const { makers, connection } = identity;
    const deadline = (await now(identity)) + 1;
    const evidence = await attest(identity, { deadline });
    await nextBlockAt(identity, deadline);
    await connection.networkHelpers.mine(); // at the deadline
    await makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence);
    await connection.networkHelpers.mine(3); // three seconds on, three blocks
    await expect(makers.checkAttestation(1, 1, KEY_HASH, MODEL, evidence))
      .to.be.revertedWithCustomError(makers, "MakerRegistryExpiredAttestation")
      .withArgs(BigInt(deadline));
  });
});
