import { expect } from "chai";
import { concat } from "ethers";

import { P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { accountDomain, NATIVE, signSpend, SPEND } from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { deployWallet, registerDevice } from "./fixture.js";
import {
  allow,
  ALLOWANCE,
  call,
  type Changes,
  machines,
  PAYMENT,
  policyOf,
  requestOf,
  spend,
  untouched,
  withPolicy,
} from "./wallet.js";

describe("DeviceAccount: requests", () => {
  const load = machines(withPolicy);

  describe("signed by the device", () => {
    it("R04 binds every word of the request", async () => {
      const machine = await load();
      const { wallet, key, accounts } = machine;
      const signed = await requestOf(machine, {
        ...call(machine, "serve", [1n]),
        deadline: 2 ** 47,
      });
      const signature = await signSpend(wallet, key, signed);
      await allow(machine); // so that another policy's number is in force
      const second = { ...signed, policy: await policyOf(machine) };
      const good = await signSpend(wallet, key, second);
      await expect(wallet.spend({ ...second, policy: signed.policy }, good))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(signed.policy);
      const changes: [Changes, string][] = [
        [second, signature],
        [{ target: accounts.bob.address, data: "0x" }, good],
        [{ currency: NATIVE }, good],
        [{ maximum: 2n }, good],
        [{ maximum: 0n }, good],
        [call(machine, "serve", [2n]), good],
        [{ data: concat([String(signed.data), "0x00"]) }, good],
        [{ nonce: 1n }, good],
        [{ nonce: 1n << 64n }, good],
        [{ deadline: 2 ** 47 + 1 }, good],
        [{ deadline: 2 ** 48 - 1 }, good],
      ];
      for (const [change, by] of changes) {
        await expect(wallet.spend({ ...second, ...change }, by))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
          .withArgs(key.deviceId);
      }
      await wallet.spend(second, good);
    });

    it("IDN-03 R04 is worth nothing in another domain: wallet, chain, name, version, struct", async () => {
      const machine = await load();
      const { wallet, key } = machine;
      const request = await requestOf(machine);
      const domain = await accountDomain(wallet);
      const foreign = [
        { ...domain, verifyingContract: await machine.deviceRegistry.getAddress() },
        { ...domain, verifyingContract: await machine.deviceAccount.getAddress() },
        { ...domain, chainId: 1 },
        { ...domain, name: "DeFIoT DeviceRegistry" },
        { ...domain, version: "2" },
      ];
      const signatures = await Promise.all(
        foreign.map((other) => signAsDevice(key, other, SPEND, request)),
      );
      signatures.push(await signAsDevice(key, domain, { Pay: SPEND.Spend ?? [] }, request));
      for (const signature of signatures) {
        await expect(wallet.spend(request, signature))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
          .withArgs(key.deviceId);
      }
      await wallet.spend(request, await signAsDevice(key, domain, SPEND, request));
    });

    it("R04 two wallets never run each other's requests, whatever policy they name", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      const key = await registerDevice(machine, Secp256k1Key.generate());
      const twin = { ...machine, key, wallet: await deployWallet(machine, key.deviceId) };
      await token.mint(twin.wallet, ALLOWANCE);
      await allow(twin);
      const request = await requestOf(twin);
      const own = await requestOf(machine);
      expect(request).to.deep.equal({ ...own, policy: request.policy });
      for (const [device, by] of [
        [machine.key, wallet], // either one's own word
        [machine.key, twin.wallet],
        [key, wallet],
      ] as const) {
        await expect(twin.wallet.spend(request, await signSpend(by, device, request)))
          .to.be.revertedWithCustomError(twin.wallet, "DeviceAccountInvalidDeviceSignature")
          .withArgs(key.deviceId);
      }
      await expect(wallet.spend(own, await signSpend(twin.wallet, key, own)))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
        .withArgs(machine.key.deviceId);
      await expect(wallet.spend(request, await signSpend(wallet, machine.key, request)))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountPolicyNotInForce")
        .withArgs(request.policy);
      await twin.wallet.spend(request, await signSpend(twin.wallet, key, request));
    });

    it("refuses another device, the owner, and what is no signature", async () => {
      const machine = await load();
      const { wallet, key, accounts } = machine;
      const request = await requestOf(machine);
      const byOwner = await accounts.alice.signTypedData(
        await accountDomain(wallet),
        SPEND,
        request,
      );
      const byOther = await signSpend(wallet, Secp256k1Key.generate(), request);
      for (const signature of [byOwner, byOther, "0x", "0x00", `0x${"00".repeat(65)}`]) {
        await expect(wallet.spend(request, signature))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountInvalidDeviceSignature")
          .withArgs(key.deviceId);
      }
    });

    it("is good to its last second, IDN-03 R03 and no longer", async () => {
      const machine = await load();
      const { wallet, helpers, start } = machine;
      const deadline = start + 1000;
      const request = await requestOf(machine, { deadline });
      const signature = await signSpend(wallet, machine.key, request);
      await helpers.time.setNextBlockTimestamp(deadline);
      await wallet.spend(request, signature, { gasLimit: 500_000 });
      const late = { ...request, nonce: 1n };
      const lateSignature = await signSpend(wallet, machine.key, late);
      await helpers.time.setNextBlockTimestamp(deadline + 1);
      await expect(wallet.spend(late, lateSignature, { gasLimit: 500_000 }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountExpiredSignature")
        .withArgs(deadline);
    });

    it("IDN-03 R03 works once, in its key's order", async () => {
      const machine = await load();
      const { wallet } = machine;
      const first = await requestOf(machine);
      await spend(machine, first);
      await expect(spend(machine, first))
        .to.be.revertedWithCustomError(wallet, "InvalidAccountNonce")
        .withArgs(wallet, 1n);
      await expect(spend(machine, { nonce: 2n }))
        .to.be.revertedWithCustomError(wallet, "InvalidAccountNonce")
        .withArgs(wallet, 1n);
      const key = 5n << 64n;
      await spend(machine, { nonce: key });
      await expect(spend(machine, { nonce: key }))
        .to.be.revertedWithCustomError(wallet, "InvalidAccountNonce")
        .withArgs(wallet, key + 1n);
      await spend(machine, { nonce: key + 1n });
      await expect(spend(machine, { maximum: 3n, nonce: 1n }))
        .to.emit(wallet, "DeviceSpent")
        .withArgs(machine.policy, machine.accounts.bob, machine.token, PAYMENT, 3n, 1n);
      expect(await wallet["nonces(address,uint192)"](wallet, 5n)).to.equal(key + 2n);
      expect(await wallet.state()).to.equal(5n);
    });

    it("IDN-03 stays used over a new policy and a sale", async () => {
      const machine = await load();
      const { wallet, accounts, deviceRegistry, key } = machine;
      await spend(machine);
      await deviceRegistry
        .connect(accounts.alice)
        .transferFrom(accounts.alice, accounts.carol, key.deviceId);
      await allow(machine, { by: accounts.carol });
      await expect(spend(machine, { nonce: 0n }))
        .to.be.revertedWithCustomError(wallet, "InvalidAccountNonce")
        .withArgs(wallet, 1n);
    });

    it("spends for a device with a P-256 key", async () => {
      const machine = await load();
      const { token, accounts, deviceRegistry } = machine;
      const key = await P256Key.generate();
      await registerDevice(machine, key);
      const wallet = await deployWallet(machine, key.deviceId);
      const chip = { ...machine, key, wallet };
      await token.mint(wallet, ALLOWANCE);
      await allow(chip);
      await spend(chip, { maximum: 3n });
      expect(await token.balanceOf(accounts.bob)).to.equal(3n);
      const request = await requestOf(chip);
      const signature = await signSpend(wallet, key, request);
      await expect(
        wallet.spend(request, signature, { gasLimit: 200_000 }),
      ).to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryInsufficientGas");
      await wallet.spend(request, signature);
    });

    it("a relayer with too little gas uses nothing up", async () => {
      const machine = await load();
      const { wallet } = machine;
      const request = await requestOf(machine, { ...call(machine, "toil", [500n]), maximum: 10n });
      const signature = await signSpend(wallet, machine.key, request);
      const enough = await wallet.spend.estimateGas(request, signature);
      let starved = 0;
      for (let gasLimit = 40_000n; gasLimit < enough; gasLimit += 20_000n) {
        const sent = await wallet.spend(request, signature, { gasLimit }).catch(() => undefined);
        const receipt = await sent?.wait().catch(() => undefined);
        if (receipt?.status === 1) break;
        ++starved;
        await untouched(machine);
      }
      expect(starved).to.be.greaterThan(5);
    });
  });
});
