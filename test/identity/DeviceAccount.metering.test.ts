import { expect } from "chai";
import { parseEther, resolveAddress } from "ethers";

import { NATIVE, signSpend } from "../../scripts/lib/identity.js";
import { WalletTarget__factory } from "../../typechain-types/index.js";
import {
  allow,
  ALLOWANCE,
  call,
  DAY,
  type Machine,
  machines,
  policyOf,
  requestOf,
  spend,
  untouched,
} from "./wallet.js";

describe("DeviceAccount: metering", () => {
  const load = machines(async (machine) => {
    const start = await allow(machine);
    return { ...machine, start };
  });

  describe("re-entered", () => {
    for (const currency of ["coin", "token"] as const) {
      it(`IDN-10 refuses a second request while ${currency} is spent`, async () => {
        const machine = await load();
        const { wallet, key, token } = machine;
        const inner = await requestOf(machine, { nonce: 1n });
        const innerSignature = await signSpend(wallet, key, inner);
        const data = wallet.interface.encodeFunctionData("spend", [inner, innerSignature]);
        await expect(
          spend(machine, {
            ...call(machine, "forward", [wallet.target, data]),
            currency: currency === "coin" ? NATIVE : token,
          }),
        ).to.be.revertedWithCustomError(wallet, "ReentrancyGuardReentrantCall");
        await untouched(machine);
      });
    }

    it("refuses the owner's own order while the device spends", async () => {
      const machine = await load();
      const { wallet, key, target, deviceRegistry, accounts } = machine;
      const { alice } = accounts;
      await deviceRegistry.connect(alice).transferFrom(alice, target, key.deviceId);
      const at = await target.getAddress();
      const forward = (to: string, data: string) =>
        WalletTarget__factory.createInterface().encodeFunctionData("forward", [to, data]);
      const { permissions, allowances } = {
        permissions: [{ target: at, selector: target.interface.getFunction("forward").selector }],
        allowances: [{ currency: NATIVE, amount: ALLOWANCE }],
      };
      const at2 = await wallet.getAddress();
      await target.forward(
        at2,
        wallet.interface.encodeFunctionData("setPolicy", [
          DAY,
          2 ** 48 - 1,
          permissions,
          allowances,
        ]),
      );
      const order = wallet.interface.encodeFunctionData("execute", [alice.address, 1n, "0x", 0]);
      await expect(
        spend(machine, { target: at, data: forward(at2, order), currency: NATIVE }),
      ).to.be.revertedWithCustomError(wallet, "ReentrancyGuardReentrantCall");
      await target.forward(at2, order); // alone it is fine
    });

    it("IDN-10 counts all of the maximum while the call runs", async () => {
      const machine = await load();
      const { wallet, key, token, target } = machine;
      const view = wallet.interface.encodeFunctionData("remainingAllowance", [token.target]);
      const request = await requestOf(machine, {
        ...call(machine, "forward", [wallet.target, view]),
        maximum: 400n,
      });
      const answer = await wallet.spend.staticCall(request, await signSpend(wallet, key, request));
      const [inner] = target.interface.decodeFunctionResult("forward", answer) as unknown as [
        string,
      ];
      expect(BigInt(inner)).to.equal(ALLOWANCE - 400n);
    });

    it("IDN-10 a new policy set during the call gets nothing of the old one's rest", async () => {
      const machine = await load();
      const { wallet, key, target, deviceRegistry, accounts, token } = machine;
      const { alice } = accounts;
      await deviceRegistry.connect(alice).transferFrom(alice, target, key.deviceId);
      const at = await target.getAddress();
      const permissions = [
        { target: at, selector: target.interface.getFunction("forward").selector },
      ];
      const allowances = [{ currency: await token.getAddress(), amount: ALLOWANCE }];
      const set = wallet.interface.encodeFunctionData("setPolicy", [
        DAY,
        2 ** 48 - 1,
        permissions,
        allowances,
      ]);
      await target.forward(wallet, set);
      const former = await policyOf(machine);
      await spend(machine, { ...call(machine, "forward", [wallet.target, set]), maximum: 400n });
      expect(await policyOf(machine)).not.to.be.oneOf([0n, former]);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
      expect(await token.allowance(wallet, target)).to.equal(0n);
    });
  });

  describe("hostile currencies", () => {
    /** The machine with another token in the place of the usual one. */
    async function using(name: string, args: unknown[] = []): Promise<Machine> {
      const machine = await load();
      const { ethers } = machine.connection;
      const token = (await ethers.deployContract(name, args)) as unknown as Machine["token"];
      await token.mint(machine.wallet, 100n * ALLOWANCE);
      const hostile = { ...machine, token };
      await allow(hostile);
      return hostile;
    }

    it("IDN-10 a fee on transfer is the payee's loss, not the wallet's", async () => {
      const machine = await using("FeeOnTransferERC20", [100]);
      const { wallet, token, accounts } = machine;
      await spend(machine, { maximum: 500n });
      expect(await token.balanceOf(accounts.bob)).to.equal(495n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 500n);
      await spend(machine, { ...call(machine, "take", [token.target, 300n]), maximum: 400n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 800n);
    });

    it("IDN-10 a fee on top of the transfer is charged, and refused beyond the maximum", async () => {
      const machine = await using("FeeOnTopERC20", [5n]);
      const { wallet, token } = machine;
      await expect(spend(machine, { maximum: 10n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountMaximumExceeded")
        .withArgs(token, 15n, 10n);
      await expect(spend(machine, { ...call(machine, "take", [token.target, 10n]), maximum: 14n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountMaximumExceeded")
        .withArgs(token, 15n, 14n);
      await spend(machine, { ...call(machine, "take", [token.target, 10n]), maximum: 15n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 15n);
    });

    it("IDN-10 a token that forgets what an approval was used for is metered by the balance", async () => {
      const machine = await using("EndlessApprovalERC20");
      const { wallet, token, target } = machine;
      await spend(machine, { ...call(machine, "take", [token.target, 30n]), maximum: 50n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 30n);
      await expect(spend(machine, { ...call(machine, "take", [token.target, 51n]), maximum: 50n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountMaximumExceeded")
        .withArgs(token, 51n, 50n);
      await expect(target.takeFrom(token, wallet, 1n)).to.be.revertedWithCustomError(
        token,
        "ERC20InsufficientAllowance",
      );
    });

    it("IDN-10 a rebase during the call is charged if it takes, and credited never", async () => {
      const machine = await using("RebasingERC20");
      const { wallet, token, connection } = machine;
      const rebasing = await connection.ethers.getContractAt("RebasingERC20", token.target);
      const rebase = (index: bigint) =>
        call(machine, "forward", [
          token.target,
          rebasing.interface.encodeFunctionData("rebase", [index]),
        ]);
      const held = await token.balanceOf(wallet);
      await expect(spend(machine, { ...rebase(parseEther("0.9")), maximum: 50n }))
        .to.be.revertedWithCustomError(wallet, "DeviceAccountMaximumExceeded")
        .withArgs(token, held / 10n, 50n);
      await spend(machine, { ...rebase(parseEther("0.9999")), maximum: 50n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - held / 10_000n);
      await spend(machine, { ...rebase(parseEther("3")), maximum: 50n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - held / 10_000n);
    });

    it("a token that returns false pays nobody and costs nothing", async () => {
      const machine = await using("ReturnsFalseERC20");
      const { wallet, token } = machine;
      await expect(spend(machine))
        .to.be.revertedWithCustomError(wallet, "SafeERC20FailedOperation")
        .withArgs(token);
      await spend(machine, { ...call(machine, "take", [token.target, 30n]), maximum: 50n });
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE);
    });

    it("a token that returns nothing is as good as another", async () => {
      const machine = await using("ReturnsNothingERC20");
      const { wallet, token, accounts } = machine;
      await spend(machine, { maximum: 5n });
      expect(await token.balanceOf(accounts.bob)).to.equal(5n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 5n);
      await spend(machine, { ...call(machine, "serve", [1n]), maximum: 50n }); // approved, and withdrawn
      expect(await token.allowance(wallet, machine.target)).to.equal(0n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 5n);
    });

    it("a token that wants an approval withdrawn before the next gets its way", async () => {
      const machine = await using("ApproveFromZeroERC20");
      const { wallet, token, target } = machine;
      const approve = token.interface.encodeFunctionData("approve", [
        await target.getAddress(),
        3n,
      ]);
      await wallet.execute(token, 0n, approve, 0);
      await spend(machine, { ...call(machine, "take", [token.target, 30n]), maximum: 50n });
      expect(await token.balanceOf(target)).to.equal(30n);
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 30n);
    });

    it("a spend ends the approval that the owner gave the target himself, as is documented", async () => {
      const machine = await load();
      const { wallet, token, target, accounts } = machine;
      for (const spender of [target, accounts.carol]) {
        const approve = token.interface.encodeFunctionData("approve", [
          await resolveAddress(spender),
          500n,
        ]);
        await wallet.execute(token, 0n, approve, 0);
      }
      await spend(machine, { ...call(machine, "serve", [1n]), maximum: 0n });
      expect(await token.allowance(wallet, target)).to.equal(0n);
      expect(await token.allowance(wallet, accounts.carol)).to.equal(500n);
    });

    it("IDN-10 a token with hooks does not get back in", async () => {
      const machine = await using("HookedERC20");
      const { wallet, token, key, connection } = machine;
      const hooked = await connection.ethers.getContractAt("HookedERC20", token.target);
      const inner = await requestOf(machine, { nonce: 1n });
      const signature = await signSpend(wallet, key, inner);
      await hooked.arm(wallet, wallet.interface.encodeFunctionData("spend", [inner, signature]));
      await spend(machine, { maximum: 5n });
      expect(await hooked.succeeded()).to.equal(false);
      expect(await hooked.result()).to.equal(
        wallet.interface.encodeErrorResult("ReentrancyGuardReentrantCall", []),
      );
      expect(await wallet.remainingAllowance(token)).to.equal(ALLOWANCE - 5n);
      await spend(machine, inner); // afterwards it is fine
    });

    it("refuses a currency without code", async () => {
      const machine = await load();
      const { accounts, wallet, connection } = machine;
      const currency = accounts.carol.address;
      await allow(machine, { allowances: [{ currency, amount: 5n }] });
      await expect(spend(machine, { currency })).to.revert(connection.ethers);
      expect(await wallet["nonces(address)"](wallet)).to.equal(0n);
    });
  });
});
