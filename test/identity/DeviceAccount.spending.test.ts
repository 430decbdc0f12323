import { expect } from "chai";
import { dataSlice, MaxUint256, toBeHex } from "ethers";

import { NATIVE, signSpend } from "../../scripts/lib/identity.js";
import {
  allow,
  ALLOWANCE,
  call,
  DAY,
  machines,
  PAYMENT,
  policyOf,
  requestOf,
  spend,
  untouched,
  withPolicy,
} from "./wallet.js";

describe("DeviceAccount: spending", () => {
  const load = machines(withPolicy);

  describe("a plain payment", () => {
    it("pays coin", async () => {
      const machine = await load();
      const { wallet, accounts, connection } = machine;
      const paying = spend(machine, { currency: NATIVE, maximum: 7n });
      await expect(paying).to.changeEtherBalances(
        connection.ethers,
        [wallet, accounts.bob],
        [-7n, 7n],
      );
      await expect(paying)
        .to.emit(wallet, "DeviceSpent")
        .withArgs(machine.policy, accounts.bob, NATIVE, PAYMENT, 7n, 0n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE - 7n);
      expect(await wallet.remainingAllowance(machine.token)).to.equal(ALLOWANCE);
      expect(await wallet.state()).to.equal(2n);
    });

    it("pays a token", async () => {
      const machine = await load();
      const { wallet, accounts, connection, token } = machine;
      const paying = spend(machine, { maximum: 7n });
      await expect(paying).to.changeTokenBalances(
        connection.ethers,
        token,
        [wallet, accounts.bob],
        [-7n, 7n],
      );
      await expect(paying)
        .to.emit(wallet, "DeviceSpent")
        .withArgs(machine.policy, accounts.bob, token, PAYMENT, 7n, 0n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 7n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
      expect(await wallet.state()).to.equal(2n);
    });

    it("needs no balance of the relayer, and no code at the payee", async () => {
      const machine = await load();
      const request = await requestOf(machine);
      const signature = await signSpend(machine.wallet, machine.key, request);
      expect(
        await machine.wallet
          .connect(machine.accounts.stranger)
          .spend.staticCall(request, signature),
      ).to.equal("0x");
    });

    it("passes on why the payee refuses", async () => {
      const machine = await load();
      const { connection, wallet } = machine;
      const receiver = await connection.ethers.deployContract("RevertingReceiver");
      await allow(machine, {
        permissions: [{ target: await receiver.getAddress(), selector: PAYMENT }],
      });
      await expect(spend(machine, { target: receiver, currency: NATIVE, maximum: 3n }))
        .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
        .withArgs(3n);
      expect(await wallet["nonces(address)"](wallet)).to.equal(0n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
    });

    it("refuses coin and tokens that are not there", async () => {
      const machine = await load();
      const { wallet, token, helpers } = machine;
      await helpers.setBalance(await wallet.getAddress(), 5n);
      await expect(spend(machine, { currency: NATIVE, maximum: 6n }))
        .to.be.revertedWithCustomError(wallet, "InsufficientBalance")
        .withArgs(5n, 6n);
      const { accounts } = machine;
      const all = await token.balanceOf(wallet);
      await wallet.execute(
        token,
        0n,
        token.interface.encodeFunctionData("transfer", [accounts.carol.address, all - 5n]),
        0,
      );
      await expect(spend(machine, { maximum: 6n }))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(wallet, 5n, 6n);
    });
  });

  describe("a call", () => {
    it("sends coin along, hands back the answer, and charges what it sent", async () => {
      const machine = await load();
      const { wallet, target } = machine;
      const request = await requestOf(machine, {
        ...call(machine, "serve", [41n]),
        currency: NATIVE,
        maximum: 9n,
      });
      const signature = await signSpend(wallet, machine.key, request);
      expect(await wallet.spend.staticCall(request, signature)).to.equal(toBeHex(42n, 32));
      const serving = wallet.spend(request, signature);
      await expect(serving).to.emit(target, "Served").withArgs(wallet, 9n, 41n);
      await expect(serving)
        .to.emit(wallet, "DeviceSpent")
        .withArgs(machine.policy, target, NATIVE, dataSlice(String(request.data), 0, 4), 9n, 0n);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE - 9n);
    });

    it("IDN-10 does not credit coin that comes back", async () => {
      const machine = await load();
      const { wallet, connection } = machine;
      await expect(
        spend(machine, { ...call(machine, "giveBack", [9n]), currency: NATIVE, maximum: 9n }),
      ).to.changeEtherBalances(connection.ethers, [wallet], [0n]);
      expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE - 9n);
    });

    it("costs nothing with the coin, though the policy lists none of it", async () => {
      const machine = await load();
      const { wallet, target, token } = machine;
      const allowances = [{ currency: await token.getAddress(), amount: 1n }];
      await allow(machine, { allowances });
      const policy = await policyOf(machine);
      const serving = spend(machine, {
        ...call(machine, "serve", [1n]),
        currency: NATIVE,
        maximum: 0n,
      });
      await expect(serving).to.emit(target, "Served").withArgs(wallet, 0n, 1n);
      await expect(serving)
        .to.emit(wallet, "DeviceSpent")
        .withArgs(policy, target, NATIVE, target.interface.getFunction("serve").selector, 0n, 0n);
      await expect(
        spend(machine, { ...call(machine, "serve", [1n]), currency: NATIVE, maximum: 1n }),
      )
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(NATIVE, 1n, 0n);
    });

    it("refuses a token that the policy does not list, even for nothing", async () => {
      const machine = await load();
      const { wallet, connection } = machine;
      const other = await connection.ethers.deployContract("MockERC20", [18]);
      await other.mint(wallet, 10n);
      for (const maximum of [0n, 1n]) {
        for (const what of [call(machine, "serve", [1n]), {}]) {
          await expect(spend(machine, { ...what, currency: other, maximum }))
            .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
            .withArgs(other, maximum, 0n);
        }
      }
      await untouched(machine);
    });

    it("may name a listed token and cost nothing", async () => {
      const machine = await load();
      const { wallet, token, target } = machine;
      await expect(spend(machine, { ...call(machine, "serve", [1n]), maximum: 0n }))
        .to.emit(token, "Approval")
        .withArgs(wallet, target, 0n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      await spend(machine, { maximum: 0n });
    });

    it("approves exactly the maximum, charges what was taken, and withdraws the rest", async () => {
      const machine = await load();
      const { wallet, token, target, connection } = machine;
      const taking = spend(machine, {
        ...call(machine, "take", [token.target, 30n]),
        maximum: 50n,
      });
      await expect(taking).to.changeTokenBalances(
        connection.ethers,
        token,
        [wallet, target],
        [-30n, 30n],
      );
      await expect(taking).to.emit(token, "Approval").withArgs(wallet, target, 50n);
      await expect(taking).to.emit(token, "Approval").withArgs(wallet, target, 0n);
      await expect(taking)
        .to.emit(wallet, "DeviceSpent")
        .withArgs(
          machine.policy,
          target,
          token,
          target.interface.getFunction("take").selector,
          30n,
          0n,
        );
      expect(await token.allowance(wallet, target)).to.equal(0n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 30n);
    });

    it("charges all that was approved when all was taken", async () => {
      const machine = await load();
      const { wallet, token, target } = machine;
      await spend(machine, { ...call(machine, "take", [token.target, 50n]), maximum: 50n });
      expect(await token.balanceOf(target)).to.equal(50n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 50n);
    });

    it("charges nothing when nothing was taken", async () => {
      const machine = await load();
      const { wallet, token, target } = machine;
      await spend(machine, { ...call(machine, "serve", [1n]), maximum: ALLOWANCE });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      expect(await token.allowance(wallet, target)).to.equal(0n);
      await spend(machine, {
        ...call(machine, "take", [token.target, ALLOWANCE]),
        maximum: ALLOWANCE,
      });
    });

    it("IDN-10 lets nothing be taken beyond the maximum, nor later", async () => {
      const machine = await load();
      const { wallet, token, target } = machine;
      await expect(spend(machine, { ...call(machine, "take", [token.target, 51n]), maximum: 50n }))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(target, 50n, 51n);
      await untouched(machine);
      await spend(machine, { ...call(machine, "take", [token.target, 10n]), maximum: 50n });
      await expect(target.takeFrom(token, wallet, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(target, 0n, 1n);
    });

    it("IDN-10 charges the approval used, though the tokens came back", async () => {
      const machine = await load();
      const { wallet, token, target, connection } = machine;
      await expect(
        spend(machine, {
          ...call(machine, "takeAndGiveBack", [token.target, 40n, 40n]),
          maximum: 50n,
        }),
      ).to.changeTokenBalances(connection.ethers, token, [wallet, target], [0n, 0n]);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 40n);
      await token.mint(target, 100n); // and even if more came back
      await spend(machine, {
        ...call(machine, "takeAndGiveBack", [token.target, 40n, 90n]),
        maximum: 50n,
      });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 80n);
    });

    describe("of a target with a helper whom the owner approved", () => {
      async function helped() {
        const machine = await load();
        const { wallet, token, connection } = machine;
        const helper = await connection.ethers.deployContract("WalletTarget");
        const approve = token.interface.encodeFunctionData("approve", [
          await helper.getAddress(),
          MaxUint256,
        ]);
        await wallet.execute(token, 0n, approve, 0);
        const help = (amount: bigint, more: bigint) =>
          call(machine, "takeWithHelp", [token.target, amount, helper.target, more]);
        return { ...machine, helper, help };
      }

      it("IDN-10 charges the fall of the balance", async () => {
        const machine = await helped();
        const { wallet, token, target, helper, help } = machine;
        await expect(spend(machine, { ...help(3n, 4n), maximum: 10n }))
          .to.emit(wallet, "DeviceSpent")
          .withArgs(
            machine.policy,
            target,
            token,
            target.interface.getFunction("takeWithHelp").selector,
            7n,
            0n,
          );
        expect(await token.balanceOf(helper)).to.equal(4n);
        expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 7n);
        await spend(machine, { ...help(0n, 10n), maximum: 10n }); // exactly the maximum
        expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 17n);
      });

      it("IDN-10 refuses a fall beyond the maximum", async () => {
        const machine = await helped();
        const { wallet, token, help } = machine;
        await expect(spend(machine, { ...help(3n, 8n), maximum: 10n }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountMaximumExceeded")
          .withArgs(token, 11n, 10n);
        await untouched(machine, { nonce: 0n, state: 2n, left: ALLOWANCE });
      });
    });

    it("passes on why the target refuses, and nothing is used up", async () => {
      const machine = await load();
      const { target } = machine;
      for (const currency of [NATIVE, machine.token]) {
        await expect(spend(machine, { ...call(machine, "refuse", [9n]), currency }))
          .to.be.revertedWithCustomError(target, "TargetRefused")
          .withArgs(9n);
      }
      await untouched(machine);
    });

    it("refuses a target without code", async () => {
      const machine = await load();
      const { wallet, accounts } = machine;
      const { selector } = machine.target.interface.getFunction("serve");
      await allow(machine, { permissions: [{ target: accounts.bob.address, selector }] });
      const { data } = call(machine, "serve", [1n]);
      for (const currency of [NATIVE, machine.token]) {
        await expect(spend(machine, { data, currency }))
          .to.be.revertedWithCustomError(wallet, "AddressEmptyCode")
          .withArgs(accounts.bob);
      }
    });

    it("refuses to send more coin along than there is", async () => {
      const machine = await load();
      const { wallet, helpers } = machine;
      await helpers.setBalance(await wallet.getAddress(), 5n);
      await expect(
        spend(machine, { ...call(machine, "serve", [1n]), currency: NATIVE, maximum: 6n }),
      )
        .to.be.revertedWithCustomError(wallet, "InsufficientBalance")
        .withArgs(5n, 6n);
    });

    for (const data of [
      "0x00",
      "0x01",
      "0x0102",
      "0x010203",
      "0x00000000",
      "0x0000000001",
      "0x000000",
    ]) {
      it(`IDN-10 refuses ${data}, which could pass for a plain payment or is no call`, async () => {
        const machine = await load();
        for (const currency of [NATIVE, machine.token]) {
          await expect(spend(machine, { target: machine.target, data, currency, maximum: 0n }))
            .to.be.revertedWithCustomError(machine.wallet, "DeviceAccountMalformedCall")
            .withArgs(data);
        }
      });
    }

    it("takes a call of four bytes, and of a selector that begins or ends with zeros", async () => {
      const machine = await load();
      const { wallet, connection } = machine;
      // answers everything, with nothing
      const target = await connection.ethers.deployContract("LyingPrecompile");
      const selectors = ["0x00000001", "0x01000000", "0x12345678"];
      const at = await target.getAddress();
      await allow(machine, {
        permissions: selectors.map((selector) => ({ target: at, selector })),
      });
      const policy = await policyOf(machine);
      for (const [nonce, data] of selectors.entries()) {
        await expect(spend(machine, { target, data, currency: NATIVE, maximum: 0n }))
          .to.emit(wallet, "DeviceSpent")
          .withArgs(policy, target, NATIVE, data, 0n, nonce);
      }
    });
  });

  describe("in periods", () => {
    it("IDN-10 spends the allowance to the last unit and not one more", async () => {
      const machine = await load();
      const { wallet, token } = machine;
      await expect(spend(machine, { maximum: ALLOWANCE + 1n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(token, ALLOWANCE + 1n, ALLOWANCE);
      await spend(machine, { maximum: ALLOWANCE - 1n });
      await expect(spend(machine, { maximum: 2n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(token, 2n, 1n);
      await spend(machine, { maximum: 1n });
      expect(await wallet.remainingAllowance(token)).to.equal(0n);
      await expect(spend(machine, { maximum: 1n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(token, 1n, 0n);
      await spend(machine, { maximum: 0n });
      await spend(machine, { currency: NATIVE, maximum: ALLOWANCE }); // each currency has its own
      await expect(spend(machine, { currency: NATIVE, maximum: 1n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(NATIVE, 1n, 0n);
    });

    for (const periods of [1, 2, 5]) {
      it(`IDN-10 gives the allowance anew exactly at the start of period ${periods}, and whole`, async () => {
        const machine = await load();
        const { wallet, token, helpers, start } = machine;
        const begin = start + periods * DAY;
        await spend(machine, { maximum: ALLOWANCE });
        if (periods > 1) {
          await helpers.time.setNextBlockTimestamp(begin - DAY);
          await spend(machine, { maximum: ALLOWANCE });
        }
        const request = await requestOf(machine);
        const signature = await signSpend(wallet, machine.key, request);
        await helpers.time.setNextBlockTimestamp(begin - 1);
        await expect(wallet.spend(request, signature, { gasLimit: 500_000 }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
          .withArgs(token, 1n, 0n);
        expect(await wallet.remainingAllowance(token)).to.equal(0n);
        await helpers.time.setNextBlockTimestamp(begin);
        await wallet.spend(request, signature, { gasLimit: 500_000 });
        expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 1n);
        await expect(spend(machine, { maximum: ALLOWANCE }))
          .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
          .withArgs(token, ALLOWANCE, ALLOWANCE - 1n);
      });
    }

    it("does not carry over what was not spent", async () => {
      const machine = await load();
      const { wallet, token, helpers, start } = machine;
      await helpers.time.increaseTo(start + 10 * DAY);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      await expect(spend(machine, { maximum: ALLOWANCE + 1n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountAllowanceExceeded")
        .withArgs(token, ALLOWANCE + 1n, ALLOWANCE);
    });

    it("IDN-10 gives the rest of a call back to the period it was charged in", async () => {
      const machine = await load();
      const { wallet, token, helpers, start } = machine;
      await spend(machine, { maximum: 600n });
      await helpers.time.increaseTo(start + DAY);
      await spend(machine, { ...call(machine, "take", [token.target, 1n]), maximum: ALLOWANCE });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 1n);
    });
  });
});
