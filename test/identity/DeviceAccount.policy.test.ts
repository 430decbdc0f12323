import { expect } from "chai";
import {
  AbiCoder,
  type AddressLike,
  dataSlice,
  id,
  keccak256,
  resolveAddress,
  ZeroAddress,
} from "ethers";

import { NATIVE, signSpend } from "../../scripts/lib/identity.js";
import {
  allow,
  ALLOWANCE,
  APPROVING,
  call,
  DAY,
  everything,
  machines,
  MOVING,
  PAYMENT,
  policyOf,
  requestOf,
  spend,
} from "./wallet.js";

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
      for (const policy of [0n, 1n, 2n ** 64n - 1n]) {
        await expect(spend(machine, { policy }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(policy);
      }
    });

    it("has nothing to revoke", async () => {
      const { wallet } = await load();
      await expect(wallet.revokePolicy())
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(0n);
      expect(await wallet.state()).to.equal(0n);
    });
  });

  describe("setting one", () => {
    it("R39 starts now, keeps what it was told, and says all of it", async () => {
      const machine = await load();
      const { wallet, token, target, helpers, deviceRegistry, key } = machine;
      const { permissions, allowances } = await everything(machine);
      const start = (await helpers.time.latest()) + 100;
      const expiry = start + 1;
      await helpers.time.setNextBlockTimestamp(start);
      const setting = wallet.setPolicy(3600, expiry, permissions, allowances);
      await setting;
      const policy = await policyOf(machine);
      expect(policy).not.to.equal(0n);
      await expect(setting)
        .to.emit(wallet, "PolicySet")
        .withArgs(
          policy,
          start,
          3600,
          expiry,
          permissions.map((permission) => [permission.target, permission.selector]),
          allowances.map((allowance) => [allowance.currency, allowance.amount]),
        );
      const version = await deviceRegistry.versionOf(key.deviceId);
      expect(await wallet.policy()).to.deep.equal(
        [policy, start, 3600, expiry, version].map(BigInt),
      );
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
      expect(await wallet.remainingAllowance(target)).to.equal(0n);
      expect(await wallet.state()).to.equal(1n);
    });

    it("IDN-04 draws its number from the last block, the wallet and its state", async () => {
      const machine = await load();
      const { wallet, connection } = machine;
      const seen = new Set<bigint>();
      for (let state = 1n; state <= 5n; ++state) {
        if (state === 3n) {
          await wallet.revokePolicy(); // which counts as an act, and as no policy
          continue;
        }
        await allow(machine);
        const block = await connection.ethers.provider.getBlock("latest");
        const drawn = keccak256(
          AbiCoder.defaultAbiCoder().encode(
            ["bytes32", "address", "uint256"],
            [block?.parentHash, await wallet.getAddress(), state],
          ),
        );
        expect(await policyOf(machine)).to.equal(BigInt.asUintN(64, BigInt(drawn)));
        seen.add(await policyOf(machine));
      }
      expect(seen.size).to.equal(4);
    });

    it("IDN-04 the same order a block later gets another number", async () => {
      const machine = await load();
      const { wallet, helpers } = machine;
      const draw = () => wallet.setPolicy.staticCall(1, 2 ** 48 - 1, [], []);
      const first = await draw();
      expect(await draw()).to.equal(first); // it is the block, and no chance
      await helpers.mine();
      expect(await draw()).not.to.equal(first);
    });

    it("IDN-04 two policies of one block have two numbers", async () => {
      const machine = await load();
      const { wallet, connection } = machine;
      const { provider } = connection.ethers;
      await provider.send("evm_setAutomine", [false]);
      try {
        const gas = { gasLimit: 500_000 };
        const orders = [
          await wallet.setPolicy(1, 2 ** 48 - 1, [], [], gas),
          await wallet.setPolicy(1, 2 ** 48 - 1, [], [], gas),
        ];
        await provider.send("evm_mine", []);
        const events = await wallet.queryFilter(wallet.filters.PolicySet());
        expect(events.map((event) => event.transactionHash)).to.have.members(
          orders.map((order) => order.hash),
        );
        const [one, two] = events;
        expect(one?.blockNumber).to.equal(two?.blockNumber);
        expect(one?.args.policy).not.to.equal(two?.args.policy);
        expect(await policyOf(machine)).to.equal(two?.args.policy);
      } finally {
        await provider.send("evm_setAutomine", [true]);
      }
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

    it("refuses a currency that is listed twice, for the same or another amount", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      const at = await token.getAddress();
      for (const list of [
        [NATIVE, NATIVE],
        [at, NATIVE, at],
        [NATIVE, at, at],
      ]) {
        for (const step of [0n, 1n]) {
          const allowances = list.map((currency, i) => ({
            currency,
            amount: 5n + step * BigInt(i),
          }));
          await expect(allow(machine, { allowances }))
            .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidAllowance")
            .withArgs(list.at(-1));
        }
      }
      expect(await wallet.state()).to.equal(0n);
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

    for (const [signature, standard] of [...APPROVING, ...MOVING]) {
      it(`IDN-10 refuses ${signature} of ${standard}`, async () => {
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
      expect(await policyOf(machine)).to.equal(last.policy);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 1n);

      await helpers.time.increaseTo(expiry + 1);
      expect(await wallet.policy()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(false);
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      await expect(spend(machine, { policy: last.policy }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(last.policy);
      await expect(wallet.revokePolicy())
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(0n);
    });

    it("IDN-04 a request of a former policy never runs under the next", async () => {
      const machine = await load();
      const { wallet } = machine;
      await allow(machine);
      const old = await requestOf(machine);
      await allow(machine);
      const policy = await policyOf(machine);
      for (const other of [BigInt(old.policy), 0n, 1n, policy - 1n, policy + 1n]) {
        await expect(spend(machine, { ...old, policy: other }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(other);
      }
      await spend(machine, { ...old, policy });
    });

    it("IDN-04 R03 nothing that was signed before a sale is spent under the buyer's policy", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts, connection } = machine;
      const { alice, bob, carol, stranger } = accounts;
      await allow(machine);
      // The seller has the device sign for whatever number might come: counted, seen, or drawn as if it were now.
      const drawn = await wallet.setPolicy.staticCall(1, 2 ** 48 - 1, [], []);
      const present = await policyOf(machine);
      const signed = await Promise.all(
        [0n, 1n, 2n, 3n, present, present + 1n, drawn].map(async (policy, i) => {
          const nonce = BigInt(1 + i) << 64n; // keys of nonces that the buyer does not use up
          const request = await requestOf(machine, { policy, nonce, currency: NATIVE });
          return { request, signature: await signSpend(wallet, key, request) };
        }),
      );
      await deviceRegistry.connect(alice).transferFrom(alice, carol, key.deviceId);
      await allow(machine, { by: carol });
      for (const { request, signature } of signed) {
        await expect(wallet.connect(stranger).spend(request, signature))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
          .withArgs(request.policy);
      }
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
      await expect(spend(machine, { currency: NATIVE })).to.changeEtherBalances(
        connection.ethers,
        [wallet, bob],
        [-1n, 1n],
      );
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
      await expect(wallet.revokePolicy()).to.emit(wallet, "PolicyRevoked").withArgs(request.policy);
      expect(await wallet.state()).to.equal(state + 1n);
      expect(await wallet.policy()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect(await wallet.isPermitted(accounts.bob, PAYMENT)).to.equal(false);
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(request.policy);
      await expect(wallet.revokePolicy()) // once is enough
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(0n);
      expect(await wallet.state()).to.equal(state + 1n);
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
          .withArgs(request.policy);
      };
      await deviceRegistry.connect(alice).transferFrom(alice, bob, key.deviceId);
      await refused();
      await expect(wallet.connect(bob).revokePolicy()) // it is nobody's any more
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(0n);
      await deviceRegistry.connect(bob).transferFrom(bob, alice, key.deviceId);
      await refused();
      await allow(machine);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(request.policy);
      await spend(machine, { ...request, policy: await policyOf(machine) });
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
        .withArgs(request.policy);
    });

    it("IDN-04 IDN-05 ends when the device is retired, which never spends again", async () => {
      const machine = await load();
      const { wallet, deviceRegistry, key, accounts } = machine;
      await allow(machine);
      const request = await requestOf(machine);
      await deviceRegistry.connect(accounts.alice).retire(key.deviceId);
      await expect(spend(machine, request))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(request.policy);
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
