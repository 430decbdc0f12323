import { expect } from "chai";
import {
  type AddressLike,
  concat,
  dataSlice,
  id,
  MaxUint256,
  toBeHex,
  ZeroAddress,
  ZeroHash,
  zeroPadValue,
} from "ethers";

import { WalletTarget__factory } from "../../typechain-types/index.js";
import { APPROVING, DAY, deployAccount, machines, MOVING } from "./wallet.js";

const targetCalls = WalletTarget__factory.createInterface();

describe("DeviceAccount: execute", () => {
  const load = machines();

  it("calls for the controller, with value and data, and hands back the answer", async () => {
    const { wallet, target } = await load();
    const data = targetCalls.encodeFunctionData("serve", [41n]);
    expect(await wallet.execute.staticCall(target, 7n, data, 0)).to.equal(
      targetCalls.encodeFunctionResult("serve", [42n]),
    );
    await expect(wallet.execute(target, 7n, data, 0))
      .to.emit(target, "Served")
      .withArgs(wallet, 7n, 41n)
      .and.to.emit(wallet, "Executed")
      .withArgs(target, 7n, dataSlice(data, 0, 4));
  });

  it("sends coin to an account", async () => {
    const { wallet, accounts, connection } = await load();
    const sending = wallet.execute(accounts.bob, 5n, "0x", 0);
    await expect(sending).to.changeEtherBalances(
      connection.ethers,
      [wallet, accounts.bob],
      [-5n, 5n],
    );
    await expect(sending).to.emit(wallet, "Executed").withArgs(accounts.bob, 5n, "0x00000000");
  });

  it("passes on coin that comes with the order", async () => {
    const { wallet, accounts, connection } = await load();
    await expect(wallet.execute(accounts.bob, 5n, "0x", 0, { value: 5n })).to.changeEtherBalances(
      connection.ethers,
      [wallet, accounts.bob],
      [0n, 5n],
    );
  });

  it("names data shorter than a selector with zeros behind", async () => {
    const { wallet, accounts } = await load();
    await expect(wallet.execute(accounts.bob, 0n, "0x1234", 0))
      .to.emit(wallet, "Executed")
      .withArgs(accounts.bob, 0n, "0x12340000");
  });

  it("raises the state by one", async () => {
    const { wallet, accounts } = await load();
    expect(await wallet.state()).to.equal(0n);
    await wallet.execute(accounts.bob, 0n, "0x", 0);
    expect(await wallet.state()).to.equal(1n);
    await wallet.execute(accounts.bob, 0n, "0x", 0);
    expect(await wallet.state()).to.equal(2n);
  });

  it("passes on why the call reverts", async () => {
    const { wallet, target, connection } = await load();
    await expect(wallet.execute(target, 0n, targetCalls.encodeFunctionData("refuse", [9n]), 0))
      .to.be.revertedWithCustomError(target, "TargetRefused")
      .withArgs(9n);
    const receiver = await connection.ethers.deployContract("RevertingReceiver");
    await expect(wallet.execute(receiver, 3n, "0x", 0))
      .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
      .withArgs(3n);
    expect(await wallet.state()).to.equal(0n);
  });

  it("refuses to send more coin than there is", async () => {
    const { wallet, accounts, connection } = await load();
    const { provider } = connection.ethers;
    const held = await provider.getBalance(wallet);
    await expect(wallet.execute(accounts.bob, held + 1n, "0x", 0)).to.be.revertedWithCustomError(
      wallet,
      "FailedCall",
    );
    await wallet.execute(accounts.bob, held, "0x", 0);
    expect(await provider.getBalance(wallet)).to.equal(0n);
  });

  for (const operation of [1, 2, 3, 255]) {
    it(`refuses operation ${operation}: only calls exist here`, async () => {
      const { wallet, accounts } = await load();
      await expect(wallet.execute(accounts.bob, 0n, "0x", operation))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountUnsupportedOperation")
        .withArgs(operation);
    });
  }

  it("refuses everyone but the controller, the token's approved operator and the device's user too", async () => {
    const { wallet, accounts, deviceRegistry, key, helpers } = await load();
    const { alice, bob, carol, stranger, admin } = accounts;
    const until = (await helpers.time.latest()) + DAY;
    await deviceRegistry.connect(alice).approve(bob, key.deviceId);
    await deviceRegistry.connect(alice).setApprovalForAll(bob, true);
    await deviceRegistry.connect(alice).setUser(key.deviceId, carol, until);
    await deviceRegistry
      .connect(alice)
      .grantPermissions(key.deviceId, carol, 2n ** 128n - 1n, until);
    for (const caller of [bob, carol, stranger, admin]) {
      await expect(wallet.connect(caller).execute(bob, 1n, "0x", 0))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
        .withArgs(caller);
    }
  });

  it("refuses a re-entrant order, even of a controller that is a contract", async () => {
    const { wallet, accounts, deviceRegistry, key, connection } = await load();
    const owner = await connection.ethers.deployContract("ReentrantReceiver");
    await deviceRegistry.connect(accounts.alice).transferFrom(accounts.alice, owner, key.deviceId);
    const order = (to: string, value: bigint) =>
      wallet.interface.encodeFunctionData("execute", [to, value, "0x", 0]);
    await owner.arm(wallet, order(accounts.bob.address, 1n));
    await owner.execute(wallet, order(await owner.getAddress(), 2n));
    expect(await owner.succeeded()).to.equal(false);
    expect(await owner.result()).to.equal(id("ReentrancyGuardReentrantCall()").slice(0, 10));
    expect(await wallet.state()).to.equal(1n);
    await owner.execute(wallet, order(accounts.bob.address, 1n)); // alone it is fine
  });

  it("IDN-05 goes on obeying the last owner of a retired device, and nobody else", async () => {
    const { wallet, accounts, deviceRegistry, key, token } = await load();
    const { alice, bob } = accounts;
    await deviceRegistry.connect(alice).retire(key.deviceId);
    expect(await wallet.owner()).to.equal(alice);
    const data = token.interface.encodeFunctionData("transfer", [bob.address, 3n]);
    await wallet.execute(token, 0n, data, 0);
    expect(await token.balanceOf(bob)).to.equal(3n);
    await expect(wallet.connect(bob).execute(bob, 0n, "0x", 0))
      .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
      .withArgs(bob);
  });

  it("obeys the new owner after a transfer, and the old one no more", async () => {
    const { wallet, accounts, deviceRegistry, key } = await load();
    const { alice, bob } = accounts;
    await deviceRegistry.connect(alice).transferFrom(alice, bob, key.deviceId);
    expect(await wallet.owner()).to.equal(bob);
    await expect(wallet.execute(alice, 1n, "0x", 0))
      .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
      .withArgs(alice);
    await wallet.connect(bob).execute(alice, 1n, "0x", 0);
  });

  it("IDN-09 R06 the device's key moves neither the device's token nor the wallet", async () => {
    const { wallet, deviceRegistry, key, helpers, accounts, connection } = await load();
    await helpers.impersonateAccount(key.key); // the account of a secp256k1 device
    await helpers.setBalance(key.key, 10n ** 18n);
    const device = await connection.ethers.getSigner(key.key);
    const { alice } = accounts;
    const soon = (await helpers.time.latest()) + DAY;
    for (const order of [
      () => wallet.connect(device).execute(device, 1n, "0x", 0),
      () => wallet.connect(device).setPolicy(1, 2 ** 48 - 1, [], []),
      () => wallet.connect(device).revokePolicy(),
      () => wallet.connect(device).lock(soon),
    ]) {
      await expect(order())
        .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
        .withArgs(device);
    }
    await expect(deviceRegistry.connect(device).transferFrom(alice, device, key.deviceId))
      .to.be.revertedWithCustomError(deviceRegistry, "ERC721InsufficientApproval")
      .withArgs(device, key.deviceId);
  });

  describe("approvals, for a buyer to check", () => {
    const spender = "0x00000000000000000000000000000000C0fFee00";
    const other = "0x00000000000000000000000000000000C0FFee01";
    const encode = (signature: string, who: string, amount = 1): string =>
      concat([dataSlice(id(signature), 0, 4), zeroPadValue(who, 32), toBeHex(amount, 32)]);
    const approve = (who: string): string => encode("approve(address,uint256)", who);

    /** Has the wallet make these calls of Bob, who has no code and so lets them pass. */
    async function listed(...calls: string[]): Promise<[string, string][]> {
      const { wallet, accounts } = await load();
      for (const data of calls) await wallet.execute(accounts.bob, 0n, data, 0);
      const list = await wallet.approvals(0n, MaxUint256);
      expect(await wallet.approvalCount()).to.equal(BigInt(list.length));
      return list.map((approval) => [approval.token, approval.spender]);
    }

    it("is empty at first", async () => {
      expect(await listed()).to.deep.equal([]);
    });

    for (const [signature, standard] of APPROVING) {
      it(`R15 lists whom ${signature} of ${standard} was called for`, async () => {
        const { accounts } = await load();
        expect(await listed(encode(signature, spender))).to.deep.equal([
          [accounts.bob.address, spender],
        ]);
      });
    }

    for (const signature of [
      ...MOVING.map(([moving]) => moving),
      "decreaseAllowance(address,uint256)",
      "revokeOperator(address)",
      "serve(uint256)",
    ]) {
      it(`lists nothing for ${signature}`, async () => {
        expect(await listed(encode(signature, spender))).to.deep.equal([]);
      });
    }

    it("lists a spender once for each token, in the order of the approvals", async () => {
      const { wallet, token, accounts } = await load();
      const calls: [AddressLike, string][] = [
        [token, approve(other)],
        [token, approve(spender)],
        [token, approve(other)],
        [accounts.bob, approve(other)],
      ];
      for (const [to, data] of calls) await wallet.execute(to, 0n, data, 0);
      const tokenAt = await token.getAddress();
      const expected = [
        [tokenAt, other],
        [tokenAt, spender],
        [accounts.bob.address, other],
      ];
      expect(await wallet.approvalCount()).to.equal(3n);
      for (const [start, end, from, to] of [
        [0, 3, 0, 3],
        [0, 4, 0, 3],
        [0, 2, 0, 2],
        [1, 2, 1, 2],
        [1, 3, 1, 3],
        [2, 100, 2, 3],
        [3, 100, 3, 3],
        [100, 200, 3, 3],
        [2, 1, 1, 1],
        [0, 0, 0, 0],
      ] as const) {
        const list = await wallet.approvals(start, end);
        expect(
          list.map((approval) => [approval.token, approval.spender]),
          `${start} to ${end}`,
        ).to.deep.equal(expected.slice(from, to));
      }
    });

    it("reads the spender as soon as it is complete, as a token may", async () => {
      const { accounts } = await load();
      expect(await listed(dataSlice(approve(spender), 0, 35))).to.deep.equal([]);
      expect(await listed(dataSlice(approve(spender), 0, 36))).to.deep.equal([
        [accounts.bob.address, spender],
      ]);
    });

    it("lists nothing for an approval that failed", async () => {
      const { wallet, target } = await load();
      await expect(wallet.execute(target, 0n, approve(spender), 0)).to.be.revertedWithCustomError(
        wallet,
        "FailedCall",
      );
      expect(await wallet.approvalCount()).to.equal(0n);
    });

    it("keeps the list over a transfer", async () => {
      const { wallet, token, accounts, deviceRegistry, key } = await load();
      const { alice, bob } = accounts;
      await wallet.execute(token, 0n, approve(spender), 0);
      await deviceRegistry.connect(alice).transferFrom(alice, bob, key.deviceId);
      await wallet.connect(bob).execute(token, 0n, approve(spender), 0);
      expect(await wallet.approvalCount()).to.equal(1n);
    });
  });

  describe("R13 accounts that serve no device", () => {
    it("the code itself obeys nobody and signs nothing", async () => {
      const { deviceAccount, accounts, connection } = await load();
      const { deployer, alice, admin } = accounts;
      for (const caller of [deployer, alice, admin]) {
        const code = deviceAccount.connect(caller);
        await expect(code.execute(alice, 0n, "0x", 0)).to.revert(connection.ethers);
        await expect(code.setPolicy(1, 2 ** 48 - 1, [], [])).to.revert(connection.ethers);
        await expect(code.revokePolicy()).to.revert(connection.ethers);
        await expect(code.lock((await connection.networkHelpers.time.latest()) + DAY)).to.revert(
          connection.ethers,
        );
      }
      const owner = await deviceAccount.owner().catch(() => ZeroAddress);
      expect(owner).to.equal(ZeroAddress);
    });

    it("an account of this device on another chain has no owner here", async () => {
      const machine = await load();
      const { key, accounts } = machine;
      const { alice } = accounts;
      const foreign = await deployAccount(machine, {
        chainId: 4689,
        salt: ZeroHash,
        deviceId: key.deviceId,
      });
      expect(await foreign.token()).to.deep.equal([
        4689n,
        await machine.deviceRegistry.getAddress(),
        key.deviceId,
      ]);
      expect(await foreign.owner()).to.equal(ZeroAddress);
      await expect(foreign.execute(alice, 0n, "0x", 0))
        .to.be.revertedWithCustomError(foreign, "DeviceAccountUnauthorized")
        .withArgs(alice);
      expect(await foreign.isValidSigner(ZeroAddress, "0x")).to.equal("0x00000000");
      expect(await foreign.isValidSigner(alice, "0x")).to.equal("0x00000000");
      expect((await foreign.policy()).id).to.equal(0n);
    });

    it("the account of a device that is not registered yet has no owner", async () => {
      const machine = await load();
      const { alice } = machine.accounts;
      const early = await deployAccount(machine, {
        chainId: 31337,
        salt: ZeroHash,
        deviceId: 7n,
      });
      expect(await early.owner()).to.equal(ZeroAddress);
      await expect(early.execute(alice, 0n, "0x", 0))
        .to.be.revertedWithCustomError(early, "DeviceAccountUnauthorized")
        .withArgs(alice);
      expect(await early.isValidSigner(ZeroAddress, "0x")).to.equal("0x00000000");
    });
  });
});
