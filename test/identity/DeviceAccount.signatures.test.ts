import { expect } from "chai";
import {
  AbiCoder,
  concat,
  hashMessage,
  id,
  keccak256,
  Signature,
  type Signer,
  solidityPackedKeccak256,
  toBeHex,
  type TypedDataDomain,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { accountDomain } from "../../scripts/lib/identity.js";
import { struct } from "../../scripts/lib/typedData.js";
import type { DeviceAccount } from "../../typechain-types/index.js";
import { deployWallet, registerDevice } from "./fixture.js";
import { DAY, deployAccount, machines } from "./wallet.js";

const YES = "0x1626ba7e";
const NO = "0xffffffff";

const ORDER = struct("Order", "address buyer", "uint256 price");
const ORDER_TYPE = "Order(address buyer,uint256 price)";
const order = { buyer: "0x00000000000000000000000000000000C0FFEE00".toLowerCase(), price: 5n };
const SHOP: TypedDataDomain = {
  name: "Shop",
  version: "1",
  chainId: 31337,
  verifyingContract: "0x0000000000000000000000000000000000005407",
};

/** What an application asks an ERC-1271 signer about. */
const asked = TypedDataEncoder.hash(SHOP, ORDER, order);
const message = hashMessage("I agree");

/** ERC-7739: a signer's word on an application's struct, through this wallet. */
async function signNested(
  signer: Pick<Signer, "signTypedData">,
  wallet: DeviceAccount,
  domain?: TypedDataDomain,
): Promise<string> {
  const { name, version, chainId, verifyingContract } = domain ?? (await accountDomain(wallet));
  const types = {
    ...ORDER,
    TypedDataSign: [
      { name: "contents", type: "Order" },
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
      { name: "verifyingContract", type: "address" },
      { name: "salt", type: "bytes32" },
    ],
  };
  const signature = await signer.signTypedData(SHOP, types, {
    contents: order,
    name,
    version,
    chainId,
    verifyingContract,
    salt: ZeroHash,
  });
  return concat([
    signature,
    TypedDataEncoder.hashDomain(SHOP),
    TypedDataEncoder.hashStruct("Order", ORDER, order),
    `0x${Buffer.from(ORDER_TYPE).toString("hex")}`,
    toBeHex(ORDER_TYPE.length, 2),
  ]);
}

/** ERC-7739: a signer's word on a message, through this wallet. The type holds the message, hashed already. */
async function personalDigest(wallet: DeviceAccount, hash: string): Promise<string> {
  const structHash = keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "bytes32"],
      [id("PersonalSign(bytes prefixed)"), hash],
    ),
  );
  const separator = TypedDataEncoder.hashDomain(await accountDomain(wallet));
  return solidityPackedKeccak256(
    ["bytes2", "bytes32", "bytes32"],
    ["0x1901", separator, structHash],
  );
}

describe("DeviceAccount: signatures", () => {
  // Alice's own key is the node's; a message is signed with one that the test holds.
  const keys = new Secp256k1Key(id("the key of an owner"));

  const load = machines((machine) => {
    const { deviceRegistry, accounts, key } = machine;
    const personal = async (wallet: DeviceAccount, hash: string, by = keys) =>
      by.sign(await personalDigest(wallet, hash));
    const sell = (to: string) =>
      deviceRegistry.connect(accounts.alice).transferFrom(accounts.alice, to, key.deviceId);
    return Promise.resolve({ ...machine, personal, sell });
  });

  it("takes the owner's word on an application's struct", async () => {
    const { wallet, accounts } = await load();
    expect(await wallet.isValidSignature(asked, await signNested(accounts.alice, wallet))).to.equal(
      YES,
    );
  });

  it("takes the owner's word on a message", async () => {
    const { wallet, personal, sell } = await load();
    await sell(keys.key);
    expect(await wallet.isValidSignature(message, long(await personal(wallet, message)))).to.equal(
      YES,
    );
  });

  it("takes the word of an owner that is a contract, by ERC-1271", async () => {
    const { wallet, accounts, connection, sell } = await load();
    const { bob, carol } = accounts;
    const owner = await connection.ethers.deployContract("ContractOwner", [bob.address]);
    await sell(await owner.getAddress());
    expect(await wallet.owner()).to.equal(owner);
    expect(await wallet.isValidSignature(asked, await signNested(bob, wallet))).to.equal(YES);
    expect(await wallet.isValidSignature(asked, await signNested(carol, wallet))).to.equal(NO);
  });

  it("refuses what the owner signed plainly: it could be meant for another of his accounts", async () => {
    const { wallet, accounts, sell } = await load();
    const plain = await accounts.alice.signTypedData(SHOP, ORDER, order);
    expect(await wallet.isValidSignature(asked, plain)).to.equal(NO);
    await sell(keys.key);
    expect(await wallet.isValidSignature(message, long(await keys.sign(message)))).to.equal(NO);
    expect(await wallet.isValidSignature(asked, long(await keys.sign(asked)))).to.equal(NO);
  });

  it("R02 refuses the word on another struct or message", async () => {
    const { wallet, accounts, personal, sell } = await load();
    const nested = await signNested(accounts.alice, wallet);
    expect(await wallet.isValidSignature(ZeroHash, nested)).to.equal(NO);
    expect(await wallet.isValidSignature(message, nested)).to.equal(NO);
    await sell(keys.key);
    const word = long(await personal(wallet, message));
    expect(await wallet.isValidSignature(hashMessage("I do not agree"), word)).to.equal(NO);
  });

  it("R04 refuses the word given through another wallet of the same owner, or on another chain", async () => {
    const machine = await load();
    const { wallet, accounts } = machine;
    const other = await registerDevice(machine, Secp256k1Key.generate());
    const twin = await deployWallet(machine, other.deviceId);
    const nested = await signNested(accounts.alice, twin);
    expect(await twin.isValidSignature(asked, nested)).to.equal(YES);
    expect(await wallet.isValidSignature(asked, nested)).to.equal(NO);
    const domain = await accountDomain(wallet);
    const elsewhere = await signNested(accounts.alice, wallet, { ...domain, chainId: 1n });
    expect(await wallet.isValidSignature(asked, elsewhere)).to.equal(NO);
  });

  it("R01 refuses the device's word, always: it has a policy, and nothing else", async () => {
    const { wallet, key, personal, sell } = await load();
    const device = new Secp256k1Key(id("a device"));
    expect(device.deviceId).to.equal(key.deviceId);
    expect(
      await wallet.isValidSignature(message, long(await personal(wallet, message, device))),
    ).to.equal(NO);
    expect(await wallet.isValidSignature(message, long(await device.sign(message)))).to.equal(NO);
    await sell(device.key); // unless it is the owner
    expect(
      await wallet.isValidSignature(message, long(await personal(wallet, message, device))),
    ).to.equal(YES);
  });

  it("refuses strangers, and what is no signature", async () => {
    const { wallet, accounts } = await load();
    for (const signature of [
      await signNested(accounts.bob, wallet),
      "0x",
      "0x00",
      `0x${"00".repeat(65)}`,
      `0x${"00".repeat(200)}`,
      `0x${"ff".repeat(200)}`,
    ]) {
      expect(await wallet.isValidSignature(asked, signature)).to.equal(NO);
    }
  });

  it("says that it knows ERC-7739", async () => {
    const { wallet } = await load();
    expect(await wallet.isValidSignature(`0x${"7739".repeat(16)}`, "0x")).to.equal("0x77390001");
  });

  it("R15 signs nothing while it is locked, and again in the second that the lock ends", async () => {
    const { wallet, accounts, helpers } = await load();
    const nested = await signNested(accounts.alice, wallet);
    const until = (await helpers.time.latest()) + DAY;
    await wallet.lock(until);
    expect(await wallet.isValidSignature(asked, nested)).to.equal(NO);
    await helpers.time.increaseTo(until - 1);
    expect(await wallet.isValidSignature(asked, nested)).to.equal(NO);
    await helpers.time.increaseTo(until);
    expect(await wallet.isValidSignature(asked, nested)).to.equal(YES);
  });

  it("R15 after a sale the old owner's word counts for nothing, and the new one's does", async () => {
    const { wallet, accounts, sell } = await load();
    const { alice, bob } = accounts;
    const nested = await signNested(alice, wallet);
    await sell(bob.address);
    expect(await wallet.isValidSignature(asked, nested)).to.equal(NO);
    expect(await wallet.isValidSignature(asked, await signNested(bob, wallet))).to.equal(YES);
    expect(await wallet.isValidSigner(alice, "0x")).to.equal("0x00000000");
    expect(await wallet.isValidSigner(bob, "0x")).to.equal("0x523e3260");
  });

  it("IDN-05 takes the last owner's word for a retired device", async () => {
    const { wallet, accounts, deviceRegistry, key } = await load();
    await deviceRegistry.connect(accounts.alice).retire(key.deviceId);
    expect(await wallet.isValidSignature(asked, await signNested(accounts.alice, wallet))).to.equal(
      YES,
    );
    expect(await wallet.isValidSignature(asked, await signNested(accounts.bob, wallet))).to.equal(
      NO,
    );
  });

  it("R13 an account without an owner takes nobody's word", async () => {
    const machine = await load();
    const { accounts, key } = machine;
    for (const [chainId, deviceId] of [
      [4689, key.deviceId],
      [31337, 7n],
    ] as const) {
      const foreign = await deployAccount(machine, { chainId, salt: ZeroHash, deviceId });
      const nested = await signNested(accounts.alice, foreign);
      for (const signature of [nested, "0x", `0x${"00".repeat(65)}`, `0x${"00".repeat(64)}1b`]) {
        expect(await foreign.isValidSignature(asked, signature)).to.equal(NO);
      }
    }
  });

  describe("isValidSigner", () => {
    it("knows the controller, whatever the context", async () => {
      const { wallet, accounts, key } = await load();
      const { alice, bob } = accounts;
      expect(await wallet.isValidSigner(alice, "0x")).to.equal("0x523e3260");
      expect(await wallet.isValidSigner(alice, "0x1234")).to.equal("0x523e3260");
      for (const stranger of [bob.address, key.key, ZeroAddress, await wallet.getAddress()]) {
        expect(await wallet.isValidSigner(stranger, "0x")).to.equal("0x00000000");
      }
    });
  });
});

/** EIP-2098's 64 bytes as 65, which is what contracts take. */
function long(signature: string): string {
  return Signature.from(signature).serialized;
}
