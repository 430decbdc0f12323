import { expect } from "chai";
import { dataSlice, id, type Interface, ZeroHash } from "ethers";

import { accountDomain } from "../../scripts/lib/identity.js";
import { allow, DAY, deployAccount, machines, spend } from "./wallet.js";

describe("DeviceAccount: interfaces", () => {
  const load = machines();

  for (const [name, interfaceId] of [
    ["ERC-165", "0x01ffc9a7"],
    ["an ERC-6551 account", "0x6faff5f1"],
    ["an ERC-6551 executable", "0x51945447"],
    ["ERC-1271", "0x1626ba7e"],
    ["an ERC-1155 receiver", "0x4e2312e0"],
  ] as const) {
    it(`is ${name}, ${interfaceId}`, async () => {
      const { wallet } = await load();
      expect(await wallet.supportsInterface(interfaceId)).to.equal(true);
    });
  }

  it("is a device's account", async () => {
    const { wallet } = await load();
    const methods = [
      "spend((uint64,address,address,uint128,bytes,uint256,uint48),bytes)",
      "setPolicy(uint48,uint48,(address,bytes4)[],(address,uint128)[])",
      "revokePolicy()",
      "lock(uint48)",
      "owner()",
      "lockedUntil()",
      "policy()",
      "isPermitted(address,bytes4)",
      "remainingAllowance(address)",
      "approvals(uint256,uint256)",
      "approvalCount()",
    ];
    const interfaceId = methods.reduce(
      (xor, method) => xor ^ BigInt(dataSlice(id(method), 0, 4)),
      0n,
    );
    expect(
      await wallet.supportsInterface(`0x${interfaceId.toString(16).padStart(8, "0")}`),
    ).to.equal(true);
  });

  for (const interfaceId of ["0xffffffff", "0x00000000", "0x80ac58cd", "0x7965db0b"]) {
    it(`is not ${interfaceId}`, async () => {
      const { wallet } = await load();
      expect(await wallet.supportsInterface(interfaceId)).to.equal(false);
    });
  }

  it("says which device it serves, and where", async () => {
    const { wallet, deviceRegistry, key } = await load();
    expect(await wallet.token()).to.deep.equal([
      31337n,
      await deviceRegistry.getAddress(),
      key.deviceId,
    ]);
  });

  it("says what domain it signs in", async () => {
    const { wallet } = await load();
    const { name, version, chainId, verifyingContract } = await accountDomain(wallet);
    expect(await wallet.eip712Domain()).to.deep.equal([
      "0x0f",
      name,
      version,
      chainId,
      verifyingContract,
      ZeroHash,
      [],
    ]);
    expect(name).to.equal("DeFIoT DeviceAccount");
    expect(version).to.equal("1");
  });

  it("R13 another salt is another wallet, of the same owner, with books of its own", async () => {
    const machine = await load();
    const { wallet, key, accounts, token } = machine;
    const second = await deployAccount(machine, {
      chainId: 31337,
      salt: id("second"),
      deviceId: key.deviceId,
    });
    expect(await second.getAddress()).not.to.equal(await wallet.getAddress());
    expect(await second.owner()).to.equal(accounts.alice);
    await token.mint(second, 5n);
    await allow({ ...machine, wallet: second });
    await spend({ ...machine, wallet: second });
    expect(await token.balanceOf(second)).to.equal(4n);
    expect((await wallet.policy()).id).to.equal(0n);
  });

  it("the state rises with everything that is done, and with nothing that is refused", async () => {
    const machine = await load();
    const { wallet, accounts, helpers, deviceRegistry, key } = machine;
    const { alice, bob } = accounts;
    let state = 0n;
    const rises = async (act: () => Promise<unknown>, by = 1n) => {
      await act().catch(() => undefined);
      state += by;
      expect(await wallet.state()).to.equal(state);
    };
    await rises(() => wallet.execute(bob, 1n, "0x", 0));
    await rises(() => allow(machine));
    await rises(() => spend(machine));
    await rises(() => spend(machine, { policy: 9n }), 0n);
    await rises(() => wallet.revokePolicy());
    await rises(() => wallet.connect(bob).revokePolicy(), 0n);
    await rises(() => bob.sendTransaction({ to: wallet, value: 1n }), 0n);
    await rises(() => deviceRegistry.connect(alice).transferFrom(alice, alice, key.deviceId), 0n);
    await rises(async () => wallet.lock((await helpers.time.latest()) + DAY));
    await rises(() => wallet.execute(bob, 1n, "0x", 0), 0n);
  });

  describe("receives", () => {
    it("coin, also forced on it", async () => {
      const { wallet, accounts, connection } = await load();
      await expect(accounts.bob.sendTransaction({ to: wallet, value: 3n })).to.changeEtherBalances(
        connection.ethers,
        [accounts.bob, wallet],
        [-3n, 3n],
      );
      const { provider } = connection.ethers;
      const before = await provider.getBalance(wallet);
      await connection.ethers.deployContract("ForceSender", [await wallet.getAddress()], {
        value: 2n,
      });
      expect(await provider.getBalance(wallet)).to.equal(before + 2n);
    });

    it("ERC-721 tokens by safe transfer", async () => {
      const { wallet, connection } = await load();
      const nfts = await connection.ethers.deployContract("MockCollectible");
      await nfts.mint(wallet, 7n);
      expect(await nfts.ownerOf(7n)).to.equal(wallet);
    });

    it("ERC-1155 tokens, one by one and in batches", async () => {
      const { wallet, connection } = await load();
      const items = await connection.ethers.deployContract("MockItems");
      await items.mint(wallet, [1n], [2n]);
      await items.mint(wallet, [1n, 2n], [3n, 4n]);
      expect(await items.balanceOf(wallet, 1n)).to.equal(5n);
      expect(await items.balanceOf(wallet, 2n)).to.equal(4n);
    });
  });

  describe("R12 what it does not know", () => {
    for (const data of ["0x12345678", "0x00000000", "0x01", "0x010203", `0x${"ff".repeat(68)}`]) {
      it(`reverts for ${data.slice(0, 20)}, with coin and without`, async () => {
        const { wallet, accounts, deviceAccount, connection } = await load();
        for (const to of [wallet, deviceAccount]) {
          for (const value of [0n, 1n]) {
            await expect(
              accounts.alice.sendTransaction({ to, data, value, gasLimit: 200_000 }),
            ).to.revert(connection.ethers);
          }
        }
      });
    }

    for (const [name, args] of [
      ["lock", [2 ** 40]],
      ["revokePolicy", []],
      ["setPolicy", [1, 2 ** 48 - 1, [], []]],
    ] as [string, unknown[]][]) {
      it(`takes no coin with ${name}`, async () => {
        const { wallet, accounts, connection } = await load();
        const data = (wallet.interface as Interface).encodeFunctionData(name, args);
        await expect(
          accounts.alice.sendTransaction({ to: wallet, data, value: 1n, gasLimit: 200_000 }),
        ).to.revert(connection.ethers);
      });
    }
  });
});
