import { expect } from "chai";
import { MaxUint256, Signature, verifyTypedData, ZeroAddress } from "ethers";

import { NEVER } from "../../scripts/lib/identity.js";
import { Stage } from "../../scripts/lib/ownership/machines.js";
import { domainOf, struct } from "../../scripts/lib/typedData.js";
import type { MachineShares } from "../../typechain-types/index.js";
import {
  contribute,
  createOffering,
  now,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import { eventsBy, machines, SUPPLY, withOtherDevice } from "./machine.js";

const NAME = "DeFIoT MachineShares";
const PERMIT = struct(
  "Permit",
  "address owner",
  "address spender",
  "uint256 value",
  "uint256 nonce",
  "uint256 deadline",
);
/** Phases of the ledger, as `DividendPhase` numbers them. */
const ISSUING = 0;
const FROZEN = 2;

describe("MachineShares: as a token", () => {
  const load = machines(async (its) => {
    const shares = await workingMachine(its);
    return { shares, asCarol: shares.connect(its.accounts.carol) };
  });

  it("has one name, the symbol it was given, and no decimals", async () => {
    const { shares } = await load();
    expect(await shares.name()).to.equal(NAME);
    expect(await shares.symbol()).to.equal("EVC-07");
    expect(await shares.decimals()).to.equal(0n);
    expect(await shares.stage()).to.equal(Stage.Active);
  });

  it("keeps symbols of one letter and of thirty-one", async () => {
    const its = await load();
    for (const symbol of ["E", "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234"]) {
      const shares = await createOffering(await withOtherDevice(its), { machine: { symbol } });
      expect(await shares.symbol()).to.equal(symbol);
    }
  });

  it("OWN-01 gives all shares to contributors and, until they vest, to the issuer", async () => {
    const { shares, accounts, machineOfferings } = await load();
    expect(await shares.totalSupply()).to.equal(SUPPLY);
    expect(await shares.balanceOf(accounts.bob)).to.equal(600n);
    expect(await shares.balanceOf(accounts.carol)).to.equal(400n);
    expect(await shares.balanceOf(machineOfferings)).to.equal(500n);
    expect(await shares.balanceOf(accounts.alice)).to.equal(0n);
    expect(await shares.issuer()).to.equal(machineOfferings.target);
  });

  it("moves shares, and keeps their sum", async () => {
    const { shares, accounts } = await load();
    const { bob, dave } = accounts;
    expect(await eventsBy(shares, shares.transfer(dave, 150))).to.deep.equal([
      ["Transfer", bob.address, dave.address, 150n],
    ]);
    expect(await shares.balanceOf(bob)).to.equal(450n);
    expect(await shares.balanceOf(dave)).to.equal(150n);
    expect(await shares.totalSupply()).to.equal(SUPPLY);
  });

  it("moves all a holder has, and not one share more", async () => {
    const { shares, accounts } = await load();
    const { bob, dave } = accounts;
    await expect(shares.transfer(dave, 601))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(bob.address, 600n, 601n);
    await shares.transfer(dave, 600);
    await expect(shares.transfer(dave, 1))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(bob.address, 0n, 1n);
    await expect(shares.transfer(bob, 1), "to oneself")
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(bob.address, 0n, 1n);
  });

  it("sends no shares to nobody", async () => {
    const { shares } = await load();
    await expect(shares.transfer(ZeroAddress, 1))
      .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
      .withArgs(ZeroAddress);
  });

  it("lets who is approved move as much, and counts it", async () => {
    const { shares, asCarol, accounts } = await load();
    const { bob, carol, dave } = accounts;
    expect(await eventsBy(shares, shares.approve(carol, 100))).to.deep.equal([
      ["Approval", bob.address, carol.address, 100n],
    ]);
    expect(await eventsBy(shares, asCarol.transferFrom(bob, dave, 60))).to.deep.equal([
      ["Transfer", bob.address, dave.address, 60n],
    ]);
    expect(await shares.allowance(bob, carol)).to.equal(40n);
    await expect(asCarol.transferFrom(bob, dave, 41))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientAllowance")
      .withArgs(carol.address, 40n, 41n);
    await asCarol.transferFrom(bob, dave, 40);
    expect(await shares.allowance(bob, carol)).to.equal(0n);
    expect(await shares.balanceOf(dave)).to.equal(100n);
  });

  it("does not count an approval without bound, but the shares behind it", async () => {
    const { shares, asCarol, accounts } = await load();
    const { bob, carol, dave } = accounts;
    await shares.approve(carol, MaxUint256);
    await asCarol.transferFrom(bob, dave, 600);
    expect(await shares.allowance(bob, carol)).to.equal(MaxUint256);
    await expect(asCarol.transferFrom(bob, dave, 1))
      .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
      .withArgs(bob.address, 0n, 1n);
  });

  it("leaves no trace of movements of nothing, or to oneself", async () => {
    const { shares, token, accounts } = await load();
    const { bob, carol } = accounts;
    await shares.deposit(token, SUPPLY);
    expect(await eventsBy(shares, shares.transfer(carol, 0))).to.deep.equal([
      ["Transfer", bob.address, carol.address, 0n],
    ]);
    expect(await eventsBy(shares, shares.transfer(bob, 600))).to.deep.equal([
      ["Transfer", bob.address, bob.address, 600n],
    ]);
    expect(await shares.entriesOf(bob)).to.equal(0n);
    expect(await shares.entriesOf(carol)).to.equal(0n);
    expect(await shares.balanceOf(bob)).to.equal(600n);
    await shares.transfer(carol, 1);
    expect(await shares.entriesOf(bob), "a real one leaves one").to.equal(1n);
    expect(await shares.entriesOf(carol)).to.equal(1n);
  });

  describe("while raising", () => {
    it("moves nothing, not even nothing", async () => {
      const its = await load();
      const { accounts } = its;
      const fresh = await raisingMachine(its);
      for (const amount of [5, 0]) {
        await expect(fresh.transfer(accounts.carol, amount))
          .to.be.revertedWithCustomError(fresh, "DividendLedgerWrongPhase")
          .withArgs(ISSUING);
      }
      await fresh.approve(accounts.carol, 5);
      await expect(
        fresh.connect(accounts.carol).transferFrom(accounts.bob, accounts.carol, 5),
      ).to.be.revertedWithCustomError(fresh, "DividendLedgerWrongPhase");
      expect(await fresh.balanceOf(accounts.bob)).to.equal(5n);
      expect(await fresh.stage()).to.equal(Stage.Raising);
    });
  });

  it("moves nothing once the machine is gone", async () => {
    const its = await load();
    const { accounts } = its;
    const shares = await soleMachine(its);
    await shares.unwrap(accounts.bob);
    expect(await shares.stage()).to.equal(Stage.Ended);
    await expect(shares.transfer(accounts.carol, 1))
      .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
      .withArgs(FROZEN);
    expect(await shares.balanceOf(accounts.bob)).to.equal(1_000n);
  });

  describe("by permit", () => {
    /** Bob's permit for Carol to move 100 shares. */
    async function permitOf({ accounts }: Ownership, shares: MachineShares, deadline = NEVER) {
      const { bob, carol } = accounts;
      const value = 100n;
      const terms = { owner: bob.address, spender: carol.address, value, deadline };
      const domain = await domainOf(shares, NAME);
      const signature = await bob.signTypedData(domain, PERMIT, { ...terms, nonce: 0n });
      const { v, r, s } = Signature.from(signature);
      const args = [bob.address, carol.address, value, deadline, v, r, s] as const;
      const signerUnder = async (other: MachineShares, nonce: bigint) =>
        verifyTypedData(await domainOf(other, NAME), PERMIT, { ...terms, nonce }, signature);
      return { args, signerUnder };
    }

    it("signs in the domain of its own clone, under its name and version 1", async () => {
      const { shares, connection } = await load();
      const [fields, name, version, chainId, contract, salt, extensions] =
        await shares.eip712Domain();
      expect([fields, name, version]).to.deep.equal(["0x0f", await shares.name(), "1"]);
      expect(chainId).to.equal((await connection.ethers.provider.getNetwork()).chainId);
      expect([contract, BigInt(salt), extensions]).to.deep.equal([shares.target, 0n, []]);
    });

    it("approves on the owner's signature, sent by anyone", async () => {
      const its = await load();
      const { shares, asCarol, accounts } = its;
      const { bob, carol, relayer } = accounts;
      const { args } = await permitOf(its, shares);
      expect(await eventsBy(shares, shares.connect(relayer).permit(...args))).to.deep.equal([
        ["Approval", bob.address, carol.address, 100n],
      ]);
      expect(await shares.nonces(bob)).to.equal(1n);
      await asCarol.transferFrom(bob, carol, 100);
      expect(await shares.balanceOf(carol)).to.equal(500n);
    });

    it("R03 refuses the same permit a second time", async () => {
      const its = await load();
      const { shares, accounts } = its;
      const { args, signerUnder } = await permitOf(its, shares);
      await shares.permit(...args);
      await expect(shares.permit(...args))
        .to.be.revertedWithCustomError(shares, "ERC2612InvalidSigner")
        .withArgs(await signerUnder(shares, 1n), accounts.bob.address);
    });

    it("R04 refuses a permit for another machine's shares", async () => {
      const its = await load();
      const { shares, accounts, machineShares } = its;
      const other = await createOffering(await withOtherDevice(its));
      const { args, signerUnder } = await permitOf(its, other);
      for (const contract of [shares, machineShares]) {
        await expect(contract.permit(...args))
          .to.be.revertedWithCustomError(shares, "ERC2612InvalidSigner")
          .withArgs(await signerUnder(contract, 0n), accounts.bob.address);
      }
      await other.permit(...args);
    });

    it("takes a permit until its last second", async () => {
      const its = await load();
      const { shares, connection } = its;
      const { time } = connection.networkHelpers;
      const deadline = (await now(its)) + 100;
      const late = await permitOf(its, shares, deadline - 1);
      const timely = await permitOf(its, shares, deadline);
      await time.setNextBlockTimestamp(deadline);
      await shares.permit(...timely.args);
      await expect(shares.permit(...late.args))
        .to.be.revertedWithCustomError(shares, "ERC2612ExpiredSignature")
        .withArgs(deadline - 1);
    });
  });

  /** Another machine of Alice, of another device, with five shares for Bob so far. */
  async function raisingMachine(its: Ownership): Promise<MachineShares> {
    const shares = await openOffering(await withOtherDevice(its));
    await contribute(its, shares, its.accounts.bob, 5);
    return shares.connect(its.accounts.bob);
  }

  /** Another machine, of which Bob has everything. */
  async function soleMachine(its: Ownership): Promise<MachineShares> {
    const other = await withOtherDevice(its);
    return workingMachine(other, { offering: { operatorShares: 0 } }, [[its.accounts.bob, 1_000]]);
  }
});
