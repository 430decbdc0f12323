import { expect } from "chai";
import { dataSlice, parseEther } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { deployWallet, registerDevice } from "./fixture.js";
import { allow, DAY, machines, policyOf, requestOf, spend } from "./wallet.js";

const LONGEST = 30 * DAY;

describe("DeviceAccount: lock", () => {
  const load = machines(async (machine) => {
    await allow(machine);
    return machine;
  });

  describe("locking", () => {
    it("takes exactly 30 days, and not a second more", async () => {
      const { wallet, helpers } = await load();
      const now = (await helpers.time.latest()) + 100;
      await helpers.time.setNextBlockTimestamp(now);
      await expect(wallet.lock(now + LONGEST + 1, { gasLimit: 200_000 }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidLock")
        .withArgs(now + LONGEST + 1);
      const later = now + 100;
      await helpers.time.setNextBlockTimestamp(later);
      await expect(wallet.lock(later + LONGEST, { gasLimit: 200_000 }))
        .to.emit(wallet, "Locked")
        .withArgs(later + LONGEST);
      expect(await wallet.lockedUntil()).to.equal(later + LONGEST);
    });

    it("raises the state", async () => {
      const { wallet, helpers } = await load();
      const state = await wallet.state();
      await wallet.lock((await helpers.time.latest()) + DAY);
      expect(await wallet.state()).to.equal(state + 1n);
    });

    it("ends in the future: not now, nor before", async () => {
      const { wallet, helpers } = await load();
      expect(await wallet.lockedUntil()).to.equal(0n);
      let now = await helpers.time.latest();
      for (const past of [0, 1, 100]) {
        now += 100;
        await helpers.time.setNextBlockTimestamp(now);
        await expect(wallet.lock(now - past, { gasLimit: 200_000 }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidLock")
          .withArgs(now - past);
      }
      now += 100;
      await helpers.time.setNextBlockTimestamp(now);
      await wallet.lock(now + 1, { gasLimit: 200_000 });
      expect(await wallet.lockedUntil()).to.equal(now + 1);
    });

    it("is prolonged by a second, and never shortened nor set to the same", async () => {
      const { wallet, helpers } = await load();
      const until = (await helpers.time.latest()) + DAY;
      await wallet.lock(until);
      for (const sooner of [until - 1, until, 0]) {
        await expect(wallet.lock(sooner))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidLock")
          .withArgs(sooner);
      }
      await wallet.lock(until + 1);
      expect(await wallet.lockedUntil()).to.equal(until + 1);
    });

    it("may be done again once it is over", async () => {
      const { wallet, helpers } = await load();
      const until = (await helpers.time.latest()) + DAY;
      await wallet.lock(until);
      await helpers.time.increaseTo(until + DAY);
      await wallet.lock(until + 2 * DAY);
      expect(await wallet.lockedUntil()).to.equal(until + 2 * DAY);
    });

    it("is the controller's alone", async () => {
      const { wallet, helpers, accounts } = await load();
      const until = (await helpers.time.latest()) + DAY;
      for (const caller of [accounts.bob, accounts.guardian, accounts.admin]) {
        await expect(wallet.connect(caller).lock(until))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
          .withArgs(caller);
      }
    });
  });

  describe("while locked", () => {
    it("nothing leaves, and all is well again in the second it ends", async () => {
      const machine = await load();
      const { wallet, helpers, accounts } = machine;
      const { bob } = accounts;
      const until = (await helpers.time.latest()) + DAY;
      await wallet.lock(until);
      const locked = [
        () => wallet.execute(bob, 1n, "0x", 0),
        () => wallet.setPolicy(DAY, 2 ** 48 - 1, [], []),
        () => spend(machine),
        () => spend(machine, { currency: NATIVE }),
      ];
      const refused = async () => {
        for (const order of locked) {
          await expect(order())
            .to.be.revertedWithCustomError(wallet, "DeviceAccountLocked")
            .withArgs(until);
        }
      };
      await refused();
      await helpers.time.increaseTo(until - locked.length - 1); // each refused transaction takes a second
      await refused();

      await helpers.time.setNextBlockTimestamp(until);
      await wallet.execute(bob, 1n, "0x", 0, { gasLimit: 200_000 });
      await spend(machine);
      await wallet.setPolicy(DAY, 2 ** 48 - 1, [], []);
    });

    it("refuses in the very last second, for each order", async () => {
      const machine = await load();
      const { wallet, helpers, accounts } = machine;
      const until = (await helpers.time.latest()) + DAY;
      await wallet.lock(until);
      await helpers.time.setNextBlockTimestamp(until - 1);
      await expect(wallet.execute(accounts.bob, 1n, "0x", 0, { gasLimit: 200_000 }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountLocked")
        .withArgs(until);
    });

    it("says that it signs for nobody", async () => {
      const { wallet, helpers, accounts } = await load();
      const until = (await helpers.time.latest()) + DAY;
      expect(await wallet.isValidSigner(accounts.alice, "0x")).to.equal("0x523e3260");
      await wallet.lock(until);
      expect(await wallet.isValidSigner(accounts.alice, "0x")).to.equal("0x00000000");
      await helpers.time.increaseTo(until);
      expect(await wallet.isValidSigner(accounts.alice, "0x")).to.equal("0x523e3260");
    });

    it("takes coin and tokens in", async () => {
      const { wallet, helpers, accounts, token, connection } = await load();
      await wallet.lock((await helpers.time.latest()) + DAY);
      await expect(accounts.bob.sendTransaction({ to: wallet, value: 3n })).to.changeEtherBalances(
        connection.ethers,
        [wallet],
        [3n],
      );
      await token.mint(wallet, 1n);
    });

    it("lets the policy be revoked", async () => {
      const machine = await load();
      const { wallet, helpers } = machine;
      await wallet.lock((await helpers.time.latest()) + DAY);
      const policy = await policyOf(machine);
      expect(policy).not.to.equal(0n);
      await expect(wallet.revokePolicy()).to.emit(wallet, "PolicyRevoked").withArgs(policy);
      expect(await policyOf(machine)).to.equal(0n);
    });

    it("a request signed before is good after, within its deadline", async () => {
      const machine = await load();
      const { wallet, helpers } = machine;
      const request = await requestOf(machine);
      const until = (await helpers.time.latest()) + DAY;
      await wallet.lock(until);
      await helpers.time.increaseTo(until);
      await spend(machine, request);
    });
  });

  describe("R15 at a sale", () => {
    it("what the buyer saw in the wallet is what he gets", async () => {
      const machine = await load();
      const { wallet, helpers, accounts, deviceRegistry, key, connection, token } = machine;
      const { alice, bob, carol } = accounts;
      const { provider } = connection.ethers;
      const until = (await helpers.time.latest()) + DAY;
      const policy = await policyOf(machine);
      await wallet.lock(until);
      const seen = [
        await provider.getBalance(wallet),
        await token.balanceOf(wallet),
        await wallet.state(),
      ];

      // All that the seller can try before the sale, with his device at hand.
      const transfer = token.interface.encodeFunctionData("transfer", [alice.address, 1n]);
      const approve = token.interface.encodeFunctionData("approve", [carol.address, 1n]);
      for (const order of [
        () => wallet.execute(alice, 1n, "0x", 0),
        () => wallet.execute(token, 0n, transfer, 0),
        () => wallet.execute(token, 0n, approve, 0),
        () => wallet.setPolicy(1, 2 ** 48 - 1, [], [{ currency: NATIVE, amount: 1n }]),
        () => spend(machine, { currency: NATIVE, maximum: 1n }),
      ]) {
        await expect(order())
          .to.be.revertedWithCustomError(wallet, "DeviceAccountLocked")
          .withArgs(until);
      }
      await deviceRegistry.connect(alice).transferFrom(alice, bob, key.deviceId);
      expect([
        await provider.getBalance(wallet),
        await token.balanceOf(wallet),
        await wallet.state(),
      ]).to.deep.equal(seen);

      // The lock binds the buyer as well; then the wallet is his alone.
      expect(await wallet.lockedUntil()).to.equal(until);
      await expect(wallet.connect(bob).execute(bob, 1n, "0x", 0))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountLocked")
        .withArgs(until);
      await expect(wallet.connect(bob).lock(until - 1))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidLock")
        .withArgs(until - 1);
      await helpers.time.increaseTo(until);
      await expect(wallet.execute(alice, 1n, "0x", 0))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
        .withArgs(alice);
      await expect(spend(machine, { policy }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(policy);
      await wallet.connect(bob).execute(bob, parseEther("1"), "0x", 0);
    });

    it("without a lock the seller can empty it, and the state and the list of approvals tell", async () => {
      const { wallet, accounts, token } = await load();
      const state = await wallet.state();
      await wallet.execute(accounts.alice, parseEther("1"), "0x", 0);
      const approve = token.interface.encodeFunctionData("approve", [accounts.alice.address, 5n]);
      await wallet.execute(token, 0n, approve, 0);
      expect(await wallet.state()).to.equal(state + 2n);
      expect(await wallet.approvalCount()).to.equal(1n);
    });

    it("a device never comes to belong to its own wallet, by any transfer", async () => {
      const { wallet, deviceRegistry, accounts, key } = await load();
      const { alice, bob } = accounts;
      const registry = deviceRegistry.connect(alice);
      await expect(registry.transferFrom(alice, wallet, key.deviceId))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryOwnAccount")
        .withArgs(key.deviceId);
      for (const safe of [
        () => registry["safeTransferFrom(address,address,uint256)"](alice, wallet, key.deviceId),
        () =>
          registry["safeTransferFrom(address,address,uint256,bytes)"](
            alice,
            wallet,
            key.deviceId,
            "0x",
          ),
      ]) {
        await expect(safe())
          .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryOwnershipCycle")
          .withArgs(key.deviceId, wallet);
      }
      await registry.approve(bob, key.deviceId);
      await expect(deviceRegistry.connect(bob).transferFrom(alice, wallet, key.deviceId))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryOwnAccount")
        .withArgs(key.deviceId);
      expect(await wallet.owner()).to.equal(alice);
    });

    it("nor before the wallet is deployed", async () => {
      const machine = await load();
      const { deviceRegistry, accounts } = machine;
      const { alice } = accounts;
      const key = await registerDevice(machine, Secp256k1Key.generate());
      const account = await deviceRegistry.accountOf(key.deviceId);
      await expect(deviceRegistry.connect(alice).transferFrom(alice, account, key.deviceId))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryOwnAccount")
        .withArgs(key.deviceId);
    });

    it("a machine may own another, and its owner commands both", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, accounts } = machine;
      const { alice, bob } = accounts;
      const key = await registerDevice(machine, Secp256k1Key.generate());
      const part = await deployWallet(machine, key.deviceId);
      const registry = deviceRegistry.connect(alice);
      await registry["safeTransferFrom(address,address,uint256)"](alice, wallet, key.deviceId);
      expect(await part.owner()).to.equal(wallet);
      await alice.sendTransaction({ to: part, value: 5n });
      const order = part.interface.encodeFunctionData("execute", [bob.address, 5n, "0x", 0]);
      await expect(wallet.execute(part, 0n, order, 0))
        .to.emit(wallet, "Executed")
        .withArgs(part, 0n, dataSlice(order, 0, 4));
      await expect(registry.transferFrom(alice, bob, key.deviceId)).to.be.revertedWithCustomError(
        deviceRegistry,
        "ERC721InsufficientApproval",
      );
    });
  });
});
