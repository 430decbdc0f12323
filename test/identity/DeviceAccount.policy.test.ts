import { expect } from "chai";
import { type AddressLike, dataSlice, id, resolveAddress, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import {
  allow,
  ALLOWANCE,
  call,
  DAY,
  everything,
  machines,
  PAYMENT,
  requestOf,
  spend,
} from "./wallet.js";

/** Functions that approve or move a holder's tokens: never a device's business. */
const FORBIDDEN = [
  "approve(address,uint256)",
  "increaseAllowance(address,uint256)",
  "setApprovalForAll(address,bool)",
  "transfer(address,uint256)",
  "transferFrom(address,address,uint256)",
  "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
  "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
  "safeTransferFrom(address,address,uint256)",
  "safeTransferFrom(address,address,uint256,bytes)",
  "safeTransferFrom(address,address,uint256,uint256,bytes)",
  "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
  "transferAndCall(address,uint256)",
  "transferAndCall(address,uint256,bytes)",
  "approveAndCall(address,uint256)",
  "approveAndCall(address,uint256,bytes)",
];

describe("DeviceAccount: policy", () => {
  const load = machines();

  describe("without a policy", () => {
    it("allows nothing", async () => {
      const machine = await load();
      const { wallet, token, target } = machine;
      expect(await wallet.policy()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect(await wallet.isPermitted(target, PAYMENT)).to.equal(false);
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(0n);
      for (const policy of [0n, 1n]) {
        await expect(spend(machine, { policy }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(policy);
      }
    });

    it("may be revoked all the same", async () => {
      const { wallet } = await load();
      await expect(wallet.revokePolicy()).to.emit(wallet, "PolicyRevoked").withArgs(0n);
    });
  });

  describe("setting one", () => {
    it("starts now, and says all of it", async () => {
      const machine = await load();
      const { wallet, token, target, helpers, deviceRegistry, key } = machine;
      const { permissions, allowances } = await everything(machine);
      const start = (await helpers.time.latest()) + 100;
      const expiry = start + 1;
      await helpers.time.setNextBlockTimestamp(start);
      await expect(wallet.setPolicy(3600, expiry, permissions, allowances))
        .to.emit(wallet, "PolicySet")
        .withArgs(
          1n,
          start,
          3600,
          expiry,
          permissions.map((permission) => [permission.target, permission.selector]),
          allowances.map((allowance) => [allowance.currency, allowance.amount]),
        );
      const version = await deviceRegistry.versionOf(key.deviceId);
      expect(await wallet.policy()).to.deep.equal([1n, start, 3600, expiry, version].map(BigInt));
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
      expect(await wallet.remainingAllowance(target)).to.equal(0n);
      expect(await wallet.state()).to.equal(1n);
    });

    it("hands back its number, which goes on counting", async () => {
      const machine = await load();
      const { wallet } = machine;
      expect(await wallet.setPolicy.staticCall(1, 2 ** 48 - 1, [], [])).to.equal(1n);
      await allow(machine);
      await allow(machine);
      expect((await wallet.policy()).id).to.equal(2n);
      await wallet.revokePolicy();
      expect((await wallet.policy()).id).to.equal(0n);
      await allow(machine);
      expect((await wallet.policy()).id).to.equal(3n);
    });

    it("permits this target with this function, and no other pair", async () => {
      const machine = await load();
      const { wallet, target, accounts, token } = machine;
      const serve = target.interface.getFunction("serve").selector;
      const at = await target.getAddress();
      await allow(machine, {
        permissions: [
          { target: at, selector: serve },
          { target: accounts.bob.address, selector: PAYMENT },
        ],
      });
      expect(await wallet.isPermitted(at, serve)).to.equal(true);
      expect(await wallet.isPermitted(at, PAYMENT)).to.equal(false);
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(true);
      expect(await wallet.isPermitted(accounts.bob, serve)).to.equal(false);
      expect(await wallet.isPermitted(token, serve)).to.equal(false);
    });

    it("takes the last of two allowances of a currency", async () => {
      const machine = await load();
      const { wallet } = machine;
      const allowances = [5n, 3n].map((amount) => ({ currency: NATIVE, amount }));
      await allow(machine, { allowances });
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(3n);
    });

    it("takes an allowance as large as there are, and as small", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      const amount = 2n ** 128n - 1n;
      await allow(machine, {
        allowances: [
          { currency: NATIVE, amount },
          { currency: await token.getAddress(), amount: 1n },
        ],
      });
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(amount);
      expect(await wallet.remainingAllowance(token)).to.equal(1n);
    });

    it("refuses everyone but the controller", async () => {
      const machine = await load();
      const { wallet, accounts } = machine;
      for (const by of [accounts.bob, accounts.admin, accounts.stranger]) {
        await expect(allow(machine, { by }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
          .withArgs(by);
        await expect(wallet.connect(by).revokePolicy())
          .to.be.revertedWithCustomError(wallet, "DeviceAccountUnauthorized")
          .withArgs(by);
      }
    });

    it("refuses a period of nothing, and takes one of a second", async () => {
      const { wallet } = await load();
      const expiry = 2 ** 48 - 1;
      await expect(wallet.setPolicy(0, expiry, [], []))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidPolicy")
        .withArgs(0, expiry);
      await wallet.setPolicy(1, expiry, [], []);
    });

    it("refuses to end now or before, and takes the next second", async () => {
      const { wallet, helpers } = await load();
      let now = await helpers.time.latest();
      for (const past of [0, 1]) {
        now += 100;
        await helpers.time.setNextBlockTimestamp(now);
        await expect(wallet.setPolicy(DAY, now - past, [], [], { gasLimit: 500_000 }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidPolicy")
          .withArgs(DAY, now - past);
      }
      now += 100;
      await helpers.time.setNextBlockTimestamp(now);
      await wallet.setPolicy(DAY, now + 1, [], [], { gasLimit: 500_000 });
    });

    it("refuses an allowance of nothing", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      const at = await token.getAddress();
      for (const currency of [NATIVE, at]) {
        const allowances = [
          { currency: currency === at ? NATIVE : at, amount: 1n },
          { currency, amount: 0n },
        ];
        await expect(allow(machine, { allowances }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidAllowance")
          .withArgs(currency);
      }
    });

    for (const signature of FORBIDDEN) {
      it(`IDN-10 refuses ${signature}`, async () => {
        const machine = await load();
        const { wallet, target } = machine;
        const at = await target.getAddress();
        const selector = dataSlice(id(signature), 0, 4);
        await expect(allow(machine, { permissions: [{ target: at, selector }] }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountForbiddenPermission")
          .withArgs(at, selector);
      });
    }

    for (const [name, find] of [
      ["the wallet itself", ({ wallet }) => wallet],
      ["the device registry", ({ deviceRegistry }) => deviceRegistry],
      ["the maker registry", ({ makerRegistry }) => makerRegistry],
      ["the ERC-6551 registry", ({ deviceRegistry }) => deviceRegistry.erc6551Registry()],
      ["a currency of the policy", ({ token }) => token],
      ["the native coin's name, where it is a currency of the policy", () => NATIVE],
    ] as [string, (machine: Awaited<ReturnType<typeof load>>) => AddressLike][]) {
      it(`IDN-10 refuses ${name} as a target`, async () => {
        const machine = await load();
        const { wallet } = machine;
        const target = await resolveAddress(await find(machine));
        for (const selector of [PAYMENT, "0x12345678"]) {
          const permissions = [...(await everything(machine)).permissions, { target, selector }];
          await expect(allow(machine, { permissions }))
            .to.be.revertedWithCustomError(wallet, "DeviceAccountForbiddenPermission")
            .withArgs(target, selector);
        }
      });
    }

    it("takes a token as a target that is no currency of this policy, though of the former", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      const at = await token.getAddress();
      await allow(machine);
      await allow(machine, {
        permissions: [{ target: at, selector: "0x12345678" }],
        allowances: [{ currency: NATIVE, amount: 1n }],
      });
      expect(await wallet.isPermitted(at, "0x12345678")).to.equal(true);
      expect(await wallet.remainingAllowance(at)).to.equal(0n);
    });
  });

  describe("in force", () => {
    it("lasts to its last second", async () => {
      const machine = await load();
      const { wallet, token, helpers, accounts } = machine;
      const expiry = (await helpers.time.latest()) + 10 * DAY;
      await allow(machine, { expiry });
      const last = await requestOf(machine);
      await helpers.time.setNextBlockTimestamp(expiry);
      await spend(machine, last);
      expect((await wallet.policy()).id).to.equal(1n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 1n);

      await helpers.time.increaseTo(expiry + 1);
      expect(await wallet.policy()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(false);
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      await expect(spend(machine, { policy: 1n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(1n);
    });

    it("IDN-04 a request of a former policy never runs under the next", async () => {
      const machine = await load();
      const { wallet } = machine;
      await allow(machine);
      const old = await requestOf(machine);
      await allow(machine);
      for (const policy of [1n, 0n, 3n]) {
        await expect(spend(machine, { ...old, policy }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(policy);
      }
      await spend(machine, { ...old, policy: 2n });
    });

    it("takes the place of the former as a whole: permissions, allowances, and what was spent", async () => {
      const machine = await load();
      const { wallet, token, target, accounts } = machine;
      await allow(machine);
      await spend(machine, { maximum: ALLOWANCE });
      const serve = target.interface.getFunction("serve").selector;
      await allow(machine, {
        permissions: [{ target: await target.getAddress(), selector: serve }],
        allowances: [{ currency: await token.getAddress(), amount: 7n }],
      });
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(false);
      expect(await wallet.isPermitted(target, serve)).to.equal(true);
      expect(await wallet.remainingAllowance(token)).to.equal(7n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(0n);
      await expect(spend(machine))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountNotPermitted")
        .withArgs(accounts.bob, PAYMENT);
    });

    it("ends when it is revoked", async () => {
      const machine = await load();
      const { wallet, token, accounts } = machine;
      await allow(machine);
      const request = await requestOf(machine);
      const state = await wallet.state();
      await expect(wallet.revokePolicy()).to.emit(wallet, "PolicyRevoked").withArgs(1n);
      expect(await wallet.state()).to.equal(state + 1n);
      expect((await wallet.policy()).id).to.equal(0n);
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(false);
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(1n);
    });

    it("IDN-04 ends with a transfer, and does not come back with the device", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts, token } = machine;
      const { alice, bob } = accounts;
      await allow(machine);
      const request = await requestOf(machine);
      const refused = async () => {
        expect((await wallet.policy()).id).to.equal(0n);
        expect(await wallet.remainingAllowance(token)).to.equal(0n);
        expect(await wallet.isPermitted(bob, PAYMENT)).to.equal(false);
        await expect(spend(machine, request))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(1n);
      };
      await deviceRegistry.connect(alice).transferFrom(alice, bob, key.deviceId);
      await refused();
      await deviceRegistry.connect(bob).transferFrom(bob, alice, key.deviceId);
      await refused();
      await allow(machine);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(1n);
      await spend(machine, { ...request, policy: 2n });
    });

    it("IDN-04 ends with a transfer from the owner to himself", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts } = machine;
      const { alice } = accounts;
      await allow(machine);
      await deviceRegistry.connect(alice).transferFrom(alice, alice, key.deviceId);
      expect((await wallet.policy()).id).to.equal(0n);
    });

    it("IDN-04 ends when all grants are revoked", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts } = machine;
      await allow(machine);
      const request = await requestOf(machine);
      await deviceRegistry.connect(accounts.alice).revokeAllGrants(key.deviceId);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(1n);
    });

    it("IDN-04 IDN-05 ends when the device is retired, which never spends again", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts } = machine;
      await allow(machine);
      const request = await requestOf(machine);
      await deviceRegistry.connect(accounts.alice).retire(key.deviceId);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(1n);
      await allow(machine); // the last owner may set one, which helps the device nothing
      await expect(spend(machine))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
        .withArgs(key.deviceId);
    });

    it("sees no spending by a suspended device, and goes on when it is resumed", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts } = machine;
      await allow(machine);
      await deviceRegistry.connect(accounts.alice).suspend(key.deviceId);
      await expect(spend(machine))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
        .withArgs(key.deviceId);
      await deviceRegistry.connect(accounts.alice).resume(key.deviceId);
      await spend(machine);
    });

    it("lets the target be called only as it says", async () => {
      const machine = await load();
      const { wallet, target, accounts } = machine;
      const serve = target.interface.getFunction("serve").selector;
      await allow(machine, {
        permissions: [{ target: await target.getAddress(), selector: serve }],
      });
      const refuse = target.interface.getFunction("refuse").selector;
      await expect(spend(machine, { ...call(machine, "refuse", [1n]), currency: NATIVE }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountNotPermitted")
        .withArgs(target, refuse);
      await expect(spend(machine, { target, currency: NATIVE }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountNotPermitted")
        .withArgs(target, PAYMENT);
      await expect(spend(machine, { ...call(machine, "serve", [1n]), target: accounts.bob }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountNotPermitted")
        .withArgs(accounts.bob, serve);
      await expect(spend(machine, { target: ZeroAddress }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountNotPermitted")
        .withArgs(ZeroAddress, PAYMENT);
      await spend(machine, { ...call(machine, "serve", [1n]), currency: NATIVE });
    });
  });
});
