import { expect } from "chai";
import { concat, Interface, toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";
import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER } from "../../scripts/lib/identity.js";
import {
  ERC6551Registry__factory,
  IDeviceRegistry__factory,
  IERC6551Registry__factory,
} from "../../typechain-types/index.js";
import { deployWallet, type Identity, registerDevice } from "./fixture.js";
import { eventsOf, FRESH_RECORD, recordOf, startingFrom } from "./registry.js";

const DEPTH = 8;

describe("DeviceRegistry: transfers", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const { deviceId } = await registerDevice(identity);
    const asAlice = deviceRegistry.connect(accounts.alice);
    return {
      registry: deviceRegistry,
      asAlice,
      deviceId,
      /** Alice sends a device on, over the function that asks the receiver. */
      safely: (to: string, id = deviceId) =>
        asAlice["safeTransferFrom(address,address,uint256)"](accounts.alice, to, id),
      safelyWithData: (to: string, id = deviceId) =>
        asAlice["safeTransferFrom(address,address,uint256,bytes)"](accounts.alice, to, id, "0x12"),
      plainly: (to: string, id = deviceId) => asAlice.transferFrom(accounts.alice, to, id),
    };
  });

  it("is an ERC-721 with a name", async () => {
    const { registry } = await load();
    expect(await registry.name()).to.equal("DeFIoT Device");
    expect(await registry.symbol()).to.equal("DEVICE");
  });

  it("supports what it says, and nothing else", async () => {
    const { registry } = await load();
    // An interface's id leaves out what it inherits: here ERC-721, ERC-4907 and ERC-165.
    let own = 0x80ac58cdn ^ 0xad092b5cn ^ 0x01ffc9a7n;
    IDeviceRegistry__factory.createInterface().forEachFunction(({ selector }) => {
      own ^= BigInt(selector);
    });
    const erc4906 = "0x49064906"; // has events only: the number is the standard's
    const inherited = ["0x80ac58cd", "0x5b5e139f", "0xad092b5c", "0x01ffc9a7"];
    for (const known of [...inherited, erc4906, toBeHex(own, 4)])
      expect(await registry.supportsInterface(known), known).to.equal(true);
    for (const unknown of ["0xffffffff", "0x00000000", "0x780e9d63"])
      expect(await registry.supportsInterface(unknown), unknown).to.equal(false);
  });

  it("has the device's DID for a URI, while it has a token", async () => {
    const { registry, asAlice, deviceId } = await load();
    const address = (await registry.getAddress()).toLowerCase();
    const hex = deviceId.toString(16).padStart(64, "0");
    expect(await registry.tokenURI(deviceId)).to.equal(`did:defiot:31337:${address}:0x${hex}`);
    await asAlice.retire(deviceId);
    for (const missing of [deviceId, 0n]) {
      await expect(registry.tokenURI(missing))
        .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
        .withArgs(missing);
    }
  });

  it("moves plainly, over an approval too, and says no more than ERC-721 does", async () => {
    const { registry, asAlice, accounts, deviceId, plainly } = await load();
    const { alice, bob, carol, relayer } = accounts;
    expect(await eventsOf(registry, plainly(bob.address))).to.deep.equal([
      ["Transfer", alice.address, bob.address, deviceId],
    ]);
    expect(await registry.ownerOf(deviceId)).to.equal(bob.address);
    expect(await registry.controllerOf(deviceId)).to.equal(bob.address);
    const record = { ...FRESH_RECORD, version: 1n, nonce: 1n };
    expect(await recordOf(registry, deviceId)).to.deep.equal(record);
    await registry.connect(bob).approve(relayer, deviceId);
    await registry.connect(relayer).transferFrom(bob, carol, deviceId);
    expect(await registry.getApproved(deviceId)).to.equal(ZeroAddress);
    await expect(asAlice.transferFrom(carol, alice, deviceId))
      .to.be.revertedWithCustomError(registry, "ERC721InsufficientApproval")
      .withArgs(alice, deviceId);
  });

  it("IDN-09 R06 is not the device's to make: its key has no say, as an account or by a signature", async () => {
    const identity = await load();
    const { registry, accounts, connection } = identity;
    const key = new Secp256k1Key(`0x${"11".repeat(32)}`);
    await registerDevice(identity, key);
    await connection.networkHelpers.impersonateAccount(key.key);
    await connection.networkHelpers.setBalance(key.key, 10n ** 18n);
    const { deviceId } = key;
    const deviceAccount = await connection.ethers.getSigner(key.key);
    const asDevice = registry.connect(deviceAccount);
    for (const attempt of [
      () => asDevice.transferFrom(accounts.alice, deviceAccount, deviceId),
      () => asDevice.setUser(deviceId, deviceAccount, NEVER),
    ]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(registry, "ERC721InsufficientApproval")
        .withArgs(deviceAccount, deviceId);
    }
    await expect(asDevice.approve(deviceAccount, deviceId))
      .to.be.revertedWithCustomError(registry, "ERC721InvalidApprover")
      .withArgs(deviceAccount);
    for (const attempt of [
      () => asDevice.suspend(deviceId),
      () => asDevice.retire(deviceId),
      () => asDevice.setDocument(deviceId, ZeroHash, ""),
      () => asDevice.grantPermissions(deviceId, deviceAccount, 1, NEVER),
      () => asDevice.setRevenuePayee(deviceId, deviceAccount),
      () => asDevice.revokeAllGrants(deviceId),
      () => asDevice.announceKeyRotation(deviceId, ZeroHash),
    ]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
        .withArgs(deviceId, deviceAccount);
    }
    expect(await registry.ownerOf(deviceId)).to.equal(accounts.alice.address);
    expect(await recordOf(registry, deviceId)).to.deep.equal(FRESH_RECORD);
  });

  it("asks a safe transfer's receiver, and passes the data on", async () => {
    const identity = await load();
    const { registry, safely, safelyWithData, connection, accounts } = identity;
    const deaf = await connection.ethers.deployContract("Erc1271Wallet", [accounts.bob]);
    for (const send of [safely, safelyWithData]) {
      await expect(send(await deaf.getAddress()))
        .to.be.revertedWithCustomError(registry, "ERC721InvalidReceiver")
        .withArgs(deaf);
    }
    const { deviceId } = await registerDevice(identity);
    const receiver = await connection.ethers.deployContract("AnyAnswerVerifier");
    const erc721Receiver = new Interface([
      "function onERC721Received(address operator, address from, uint256 id, bytes data)",
    ]);
    const consent = (data: string) =>
      erc721Receiver.encodeFunctionData("onERC721Received", [
        accounts.alice.address,
        accounts.alice.address,
        deviceId,
        data,
      ]);
    await receiver.answerWith(0, concat(["0x150b7a02", toBeHex(0, 28)]));
    await receiver.expectInput(consent("0x12"));
    await safelyWithData(await receiver.getAddress(), deviceId);
    expect(await registry.ownerOf(deviceId)).to.equal(await receiver.getAddress());
  });

  describe("to the device's own wallet", () => {
    for (const deployed of [false, true]) {
      it(`R15 refuses any, with the wallet ${deployed ? "" : "not "}deployed`, async () => {
        const loaded = await load();
        const { registry, asAlice, accounts, deviceId, safely, safelyWithData, plainly } = loaded;
        if (deployed) await deployWallet(loaded, deviceId);
        const own = await registry.accountOf(deviceId);
        await expect(plainly(own))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnAccount")
          .withArgs(deviceId);
        for (const send of [safely, safelyWithData]) {
          await expect(send(own))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
            .withArgs(deviceId, own);
        }
        expect(await asAlice.ownerOf(deviceId)).to.equal(accounts.alice.address);
      });
    }

    it("R15 refuses its wallet of another salt, and a plain transfer does not look", async () => {
      const loaded = await load();
      const { registry, accounts, deviceAccount, deviceId } = loaded;
      const erc6551 = IERC6551Registry__factory.connect(ERC6551_REGISTRY, accounts.relayer);
      const wallet = [deviceAccount, toBeHex(1, 32), 31337, registry, deviceId] as const;
      await erc6551.createAccount(...wallet);
      const receiver = await erc6551.account(...wallet);
      expect(receiver).to.not.equal(await registry.accountOf(deviceId));
      for (const send of [loaded.safely, loaded.safelyWithData]) {
        await expect(send(receiver))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
          .withArgs(deviceId, receiver);
      }
      const other = await registerDevice(loaded);
      await loaded.safely(receiver, other.deviceId); // of another device it is a wallet like any
      await loaded.plainly(receiver); // documented
    });

    it("asks about nobody else's: another device's wallet may own it", async () => {
      const loaded = await load();
      const { registry, deviceId, plainly } = loaded;
      const other = await registerDevice(loaded);
      const wallet = await deployWallet(loaded, other.deviceId);
      await plainly(await wallet.getAddress());
      expect(await registry.ownerOf(deviceId)).to.equal(await wallet.getAddress());
    });
  });

  describe("in a chain of wallets", () => {
    /** `length` devices with wallets: Alice owns the first, its wallet the second, and so on. */
    async function chain(identity: Identity, length: number) {
      const { deviceRegistry, accounts } = identity;
      const devices: bigint[] = [];
      for (let i = 0; i < length; i++) {
        const { deviceId } = await registerDevice(identity);
        await deployWallet(identity, deviceId);
        const holder = devices.at(-1);
        if (holder !== undefined) {
          await deviceRegistry
            .connect(accounts.alice)
            .transferFrom(accounts.alice, await deviceRegistry.accountOf(holder), deviceId);
        }
        devices.push(deviceId);
      }
      return { first: devices[0] ?? 0n, last: devices.at(-1) ?? 0n };
    }

    it("moves safely to a wallet that 8 wallets hold, and refuses 9", async () => {
      for (const [length, allowed] of [
        [1, true],
        [DEPTH, true],
        [DEPTH + 1, false],
      ] as const) {
        const loaded = await load();
        const { registry, deviceId, safely, safelyWithData, plainly } = loaded;
        const { last } = await chain(loaded, length);
        const receiver = await registry.accountOf(last);
        if (allowed) await safely(receiver);
        else {
          for (const send of [safely, safelyWithData]) {
            await expect(send(receiver))
              .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
              .withArgs(deviceId, receiver);
          }
          await plainly(receiver); // the limit is of safe transfers
        }
        expect(await registry.ownerOf(deviceId)).to.equal(receiver);
      }
    });

    it("R15 refuses a cycle over 2 and over 8 wallets, and a plain transfer does not look", async () => {
      for (const length of [2, DEPTH]) {
        const loaded = await load();
        const { registry, safely, safelyWithData, plainly } = loaded;
        const { first, last } = await chain(loaded, length);
        const receiver = await registry.accountOf(last);
        for (const send of [safely, safelyWithData]) {
          await expect(send(receiver, first))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
            .withArgs(first, receiver);
        }
        await plainly(receiver, first); // documented
      }
    });

    it("R15 refuses a cycle over the device's own wallet before that is deployed", async () => {
      const loaded = await load();
      const { registry, deviceId, safely, safelyWithData } = loaded;
      const [second, third] = [await registerDevice(loaded), await registerDevice(loaded)];
      await safely(await registry.accountOf(deviceId), second.deviceId); // nothing there yet
      const secondWallet = await (await deployWallet(loaded, second.deviceId)).getAddress();
      await safely(secondWallet, third.deviceId);
      const thirdWallet = await (await deployWallet(loaded, third.deviceId)).getAddress();
      for (const receiver of [secondWallet, thirdWallet]) {
        for (const send of [safely, safelyWithData]) {
          await expect(send(receiver))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
            .withArgs(deviceId, receiver);
        }
      }
    });

    it("sees no cycle over another device's wallet that nobody deployed: documented", async () => {
      const loaded = await load();
      const { registry, deviceId, safely } = loaded;
      const [second, third] = [await registerDevice(loaded), await registerDevice(loaded)];
      await safely(await registry.accountOf(deviceId), second.deviceId);
      await safely(await registry.accountOf(second.deviceId), third.deviceId); // no code there
      const receiver = await (await deployWallet(loaded, third.deviceId)).getAddress();
      const snapshot = await loaded.connection.networkHelpers.takeSnapshot();
      await safely(receiver);
      expect(await registry.ownerOf(deviceId)).to.equal(receiver);
      await snapshot.restore();
      await deployWallet(loaded, second.deviceId);
      await expect(safely(receiver))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
        .withArgs(deviceId, receiver);
    });

    it("follows a retired device to its last owner", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, deviceId, safely } = loaded;
      const { deviceId: second } = await registerDevice(loaded);
      const [wallet, secondWallet] = [
        await deployWallet(loaded, deviceId),
        await deployWallet(loaded, second),
      ];
      await asAlice.transferFrom(accounts.alice, wallet, second);
      const retiring = registry.interface.encodeFunctionData("retire", [second]);
      await wallet.connect(accounts.alice).execute(registry, 0, retiring, 0);
      expect(await registry.controllerOf(second)).to.equal(await wallet.getAddress());
      const receiver = await secondWallet.getAddress();
      await expect(safely(receiver))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryOwnershipCycle")
        .withArgs(deviceId, receiver);
    });

    it("takes nothing for a device's wallet that is not one of its own kind", async () => {
      const loaded = await load();
      const { registry, deviceAccount, makerRegistry, accounts, deviceId, safely, connection } =
        loaded;
      const erc6551 = IERC6551Registry__factory.connect(ERC6551_REGISTRY, accounts.relayer);
      const make = async (salt: string, chainId: bigint, token: string, code: string) => {
        await erc6551.createAccount(code, salt, chainId, token, deviceId);
        return erc6551.account(code, salt, chainId, token, deviceId);
      };
      const registryAddress = await registry.getAddress();
      const code = await deviceAccount.getAddress();
      // They hold the same id, of another chain or registry; or were deployed by another registry.
      const otherChain = await make(ZeroHash, 1n, registryAddress, code);
      const otherToken = await make(ZeroHash, 31337n, await makerRegistry.getAddress(), code);
      const otherErc6551 = await new ERC6551Registry__factory(accounts.relayer).deploy();
      await otherErc6551.createAccount(code, ZeroHash, 31337n, registryAddress, deviceId);
      const elsewhere = await otherErc6551.account(
        code,
        ZeroHash,
        31337n,
        registryAddress,
        deviceId,
      );
      for (const receiver of [otherChain, otherToken, elsewhere]) {
        const snapshot = await connection.networkHelpers.takeSnapshot();
        await safely(receiver);
        expect(await registry.ownerOf(deviceId)).to.equal(receiver);
        await snapshot.restore();
      }
    });
  });

  describe("accountOf", () => {
    it("is the ERC-6551 registry's own answer, for any id", async () => {
      const { registry, deviceAccount, accounts, deviceId } = await load();
      const erc6551 = IERC6551Registry__factory.connect(ERC6551_REGISTRY, accounts.relayer);
      for (const id of [deviceId, 0n, 1n, 2n ** 256n - 1n]) {
        expect(await registry.accountOf(id)).to.equal(
          await erc6551.account(deviceAccount, ZeroHash, 31337, registry, id),
        );
      }
    });

    it("is where the wallet comes to be", async () => {
      const loaded = await load();
      const { registry, deviceAccount, deviceId, connection } = loaded;
      const account = await registry.accountOf(deviceId);
      expect(await connection.ethers.provider.getCode(account)).to.equal("0x");
      await deployWallet(loaded, deviceId);
      const code = await connection.ethers.provider.getCode(account);
      expect(code).to.include((await deviceAccount.getAddress()).slice(2).toLowerCase());
      expect(concat([code])).to.have.length(2 + 2 * 0xad);
    });
  });
});
