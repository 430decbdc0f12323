import { expect } from "chai";
import {
  decodeBase64,
  type Interface,
  MaxUint256,
  toBeHex,
  toUtf8String,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { DataAssets__factory, IDataAssets__factory } from "../../typechain-types/index.js";
import { actionsOf, plain, registerAttested, registerMaker, Trust } from "../identity/registry.js";
import { anyDataset, everythingOf, Kind, startingWithStation, submit } from "./assets.js";
import { append, publishDataset, publishStream } from "./fixture.js";

/** Functions of `IDataAssets` that are of ERC-165, ERC-721 and ERC-2981. */
const INHERITED = [
  "supportsInterface",
  "balanceOf",
  "ownerOf",
  "safeTransferFrom",
  "transferFrom",
  "approve",
  "setApprovalForAll",
  "getApproved",
  "isApprovedForAll",
  "royaltyInfo",
];

/** The ERC-165 id of an interface: of its own functions, without those it inherits. */
function idOf(contract: Interface, inherited: readonly string[]): string {
  let xor = 0n;
  contract.forEachFunction(({ name, selector }) => {
    if (!inherited.includes(name)) xor ^= BigInt(selector);
  });
  return toBeHex(xor, 4);
}

interface Metadata {
  name: string;
  description: string;
  attributes: { trait_type: string; value: string | number }[];
}

describe("DataAssets", () => {
  const load = startingWithStation(async (data) => ({
    assets: data.dataAssets,
    assetId: await publishDataset(data, { royaltyBps: 100 }),
    stream: await publishStream(data),
  }));

  describe("when it is deployed", () => {
    it("keeps the device registry it was given, and has a name", async () => {
      const { assets, deviceRegistry } = await load();
      expect(await assets.devices()).to.equal(await deviceRegistry.getAddress());
      expect(await assets.name()).to.equal("DeFIoT Data");
      expect(await assets.symbol()).to.equal("DATA");
    });

    it("signs under its own name, chain and address", async () => {
      const { assets } = await load();
      expect(plain(await assets.eip712Domain())).to.deep.equal({
        fields: "0x0f",
        name: "DeFIoT DataAssets",
        version: "1",
        chainId: 31337n,
        verifyingContract: await assets.getAddress(),
        salt: ZeroHash,
        extensions: [],
      });
    });

    it("refuses a device registry without code", async () => {
      const { assets, accounts } = await load();
      const factory = new DataAssets__factory(accounts.deployer);
      for (const nothing of [accounts.stranger.address, ZeroAddress]) {
        await expect(factory.deploy(nothing))
          .to.be.revertedWithCustomError(assets, "DataAssetsNoCode")
          .withArgs(nothing);
      }
    });

    it("takes no coin", async () => {
      const { assets, accounts, connection } = await load();
      const sending = accounts.alice.sendTransaction({ to: assets, value: 1n });
      await expect(sending).to.revert(connection.ethers);
    });
  });

  describe("its interfaces (ERC-165)", () => {
    it("are those of ERC-721, its metadata, ERC-2981, ERC-4906 and its own", async () => {
      const { assets } = await load();
      const own = idOf(IDataAssets__factory.createInterface(), INHERITED);
      const ids = {
        erc165: "0x01ffc9a7",
        erc721: "0x80ac58cd",
        metadata: "0x5b5e139f",
        erc2981: "0x2a55205a",
        erc4906: "0x49064906",
        own,
      };
      for (const [name, interfaceId] of Object.entries(ids)) {
        expect(await assets.supportsInterface(interfaceId), name).to.equal(true);
      }
    });

    it("are no others", async () => {
      const { assets } = await load();
      for (const interfaceId of ["0xffffffff", "0x00000000", "0x780e9d63", "0xad092b5c"]) {
        expect(await assets.supportsInterface(interfaceId)).to.equal(false);
      }
    });
  });

  describe("the kind of an asset", () => {
    it("is dataset or stream", async () => {
      const { assets, assetId, stream } = await load();
      expect(await assets.kindOf(assetId)).to.equal(BigInt(Kind.Dataset));
      expect(await assets.kindOf(stream.assetId)).to.equal(BigInt(Kind.Stream));
    });

    it("R09 is not known where there is no asset", async () => {
      const { assets } = await load();
      for (const missing of [0n, 3n, MaxUint256]) {
        await expect(assets.kindOf(missing))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });
  });

  describe("the trust in an asset", () => {
    it("is that in its device, today: a recall shows at once", async () => {
      const data = await load();
      const { assets, assetId, makerRegistry, accounts } = data;
      expect(await assets.trustOf(assetId)).to.equal(BigInt(Trust.SelfCertified));

      const makerId = await registerMaker(data);
      const key = Secp256k1Key.generate();
      await registerAttested(data, key, { makerId, lot: 1, modelHash: ZeroHash });
      await submit(data, key, anyDataset(data, { deviceId: key.deviceId }));
      expect(await assets.trustOf(3n)).to.equal(BigInt(Trust.Attested));
      await makerRegistry
        .connect(accounts.makerVerifier)
        .setVerified(makerId, accounts.maker, true);
      expect(await assets.trustOf(3n)).to.equal(BigInt(Trust.AttestedByVerifiedMaker));
      await makerRegistry.connect(accounts.maker).recallDevice(makerId, key.deviceId, "");
      expect(await assets.trustOf(3n)).to.equal(BigInt(Trust.Recalled));
      expect(await assets.trustOf(assetId)).to.equal(BigInt(Trust.SelfCertified));
    });

    it("is still known when the device has come to its end", async () => {
      const { assets, assetId, deviceRegistry, accounts, station } = await load();
      await deviceRegistry.connect(accounts.alice).retire(station.deviceId);
      expect(await assets.trustOf(assetId)).to.equal(BigInt(Trust.SelfCertified));
    });

    it("R09 is not known where there is no asset", async () => {
      const { assets } = await load();
      for (const missing of [0n, 3n]) {
        await expect(assets.trustOf(missing))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });
  });

  describe("the token's URI", () => {
    const PREFIX = "data:application/json;base64,";

    async function metadataOf(uri: string): Promise<Metadata> {
      expect(uri.startsWith(PREFIX)).to.equal(true);
      return JSON.parse(toUtf8String(decodeBase64(uri.slice(PREFIX.length)))) as Metadata;
    }

    it("says of a dataset which device signed it", async () => {
      const { assets, assetId, station } = await load();
      expect(await metadataOf(await assets.tokenURI(assetId))).to.deep.equal({
        name: "DeFIoT Data 1",
        description: `A dataset signed by device ${toBeHex(station.deviceId, 32)}`,
        attributes: [
          { trait_type: "Kind", value: "Dataset" },
          { trait_type: "Next epoch", value: 0 },
        ],
      });
    });

    it("says of a stream how far it got", async () => {
      const data = await load();
      const { assets, stream, station } = data;
      const { assetId, contentRoot, start } = stream;
      await data.connection.networkHelpers.time.increaseTo(start + 13 * 86_400);
      await append(data, assetId, 11, contentRoot);
      expect(await metadataOf(await assets.tokenURI(assetId))).to.deep.equal({
        name: "DeFIoT Data 2",
        description: `A stream signed by device ${toBeHex(station.deviceId, 32)}`,
        attributes: [
          { trait_type: "Kind", value: "Stream" },
          { trait_type: "Next epoch", value: 12 },
        ],
      });
    });

    it("R09 is not known where there is no asset", async () => {
      const { assets } = await load();
      for (const missing of [0n, 3n]) {
        await expect(assets.tokenURI(missing))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });
  });

  describe("R47 for whoever holds a role in the suite", () => {
    it("has nothing: it can be changed by nobody but owners and devices", async () => {
      const { assets, assetId, stream, accounts } = await load();
      // A new function has to be thought about here too.
      expect([...actionsOf(assets.interface)]).to.have.members([
        "append",
        "approve",
        "publish",
        "safeTransferFrom",
        "setApprovalForAll",
        "setPayee",
        "transferFrom",
      ]);

      const before = await everythingOf(assets, assetId);
      const { alice, admin, guardian, makerVerifier, deployer } = accounts;
      for (const who of [admin, guardian, makerVerifier, deployer]) {
        const by = assets.connect(who);
        await expect(by.setPayee(assetId, who))
          .to.be.revertedWithCustomError(assets, "DataAssetsUnauthorized")
          .withArgs(assetId, who);
        await expect(by.transferFrom(alice, who, assetId))
          .to.be.revertedWithCustomError(assets, "ERC721InsufficientApproval")
          .withArgs(who, assetId);
        await expect(by.approve(who, assetId))
          .to.be.revertedWithCustomError(assets, "ERC721InvalidApprover")
          .withArgs(who);
      }
      expect(await everythingOf(assets, assetId)).to.deep.equal(before);
      expect((await assets.streamOf(stream.assetId)).nextEpoch).to.equal(0n);
    });
  });

  describe("R50 when it refuses", () => {
    it("says why through the typings: from a call, an estimate and a transaction", async () => {
      const { assets, assetId, accounts } = await load();
      const asBob = assets.connect(accounts.bob);
      const refusals: (() => Promise<unknown>)[] = [
        () => asBob.setPayee.staticCall(assetId, accounts.bob),
        () => asBob.setPayee.estimateGas(assetId, accounts.bob),
      ];
      for (const refused of refusals) {
        const error: unknown = await refused().catch((reason: unknown) => reason);
        expect(error).to.have.property("data");
        const decoded = assets.interface.parseError((error as { data: string }).data);
        expect(decoded?.name).to.equal("DataAssetsUnauthorized");
        expect(decoded?.args.toObject()).to.deep.equal({
          assetId,
          caller: accounts.bob.address,
        });
      }
    });
  });
});
