import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { MachineOfferings__factory, MachineShares__factory } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import { claimMilestone, COIN, DAY, type Ownership, workingMachine } from "./fixture.js";
import { inCoin, offerings, releaseClaimed } from "./offering.js";

describe("MachineOfferings: withdrawals", () => {
  /** Alice has earned 294 coins and 294 of the token, the treasury 6 of each. */
  const load = offerings(async (its) => {
    const inTokens = await workingMachine(its);
    await claimMilestone(its, inTokens, 0);
    await releaseClaimed(its, inTokens, 0);
    const other = { ...its, charger: await registerDevice(its) };
    const shares = await workingMachine(other, inCoin());
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    return { asAlice: its.machineOfferings.connect(its.accounts.alice) };
  });

  it("pay all that is credited, once, in coin", async () => {
    const its = await load();
    const { machineOfferings, asAlice, accounts, connection } = its;
    const { alice } = accounts;
    expect(await asAlice.withdraw.staticCall(NATIVE, alice, alice)).to.equal(294n * COIN);
    const withdrawing = asAlice.withdraw(NATIVE, alice, alice);
    await expect(withdrawing).to.changeEtherBalances(
      connection.ethers,
      [machineOfferings, alice],
      [-294n * COIN, 294n * COIN],
    );
    expect(await eventsOf(machineOfferings, withdrawing)).to.deep.equal([
      ["Withdrawn", NATIVE, alice.address, alice.address, 294n * COIN],
    ]);
    expect(await machineOfferings.claimable(NATIVE, alice)).to.equal(0n);
    expect(await machineOfferings.claimable(its.token, alice)).to.equal(294n * COIN);
  });

  it("R21 pay nothing the second time, and say nothing", async () => {
    const { machineOfferings, asAlice, accounts, connection } = await load();
    const { alice } = accounts;
    await asAlice.withdraw(NATIVE, alice, alice);
    expect(await asAlice.withdraw.staticCall(NATIVE, alice, alice)).to.equal(0n);
    const again = asAlice.withdraw(NATIVE, alice, alice);
    expect(await eventsOf(machineOfferings, again)).to.deep.equal([]);
    await expect(again).to.changeEtherBalance(connection.ethers, machineOfferings, 0n);
  });

  it("pay nothing to who earned nothing", async () => {
    const { machineOfferings, accounts } = await load();
    const { stranger } = accounts;
    const asStranger = machineOfferings.connect(stranger);
    expect(await asStranger.withdraw.staticCall(NATIVE, stranger, stranger)).to.equal(0n);
    await asStranger.withdraw(NATIVE, stranger, stranger);
  });

  it("pay tokens, to whom the account likes", async () => {
    const { machineOfferings, asAlice, accounts, connection, token } = await load();
    const { alice, maker } = accounts;
    const withdrawing = asAlice.withdraw(token, alice, maker);
    await expect(withdrawing).to.changeTokenBalances(
      connection.ethers,
      token,
      [machineOfferings, alice, maker],
      [-294n * COIN, 0n, 294n * COIN],
    );
    await expect(withdrawing)
      .to.emit(machineOfferings, "Withdrawn")
      .withArgs(token, alice, maker, 294n * COIN);
    expect(await machineOfferings.claimable(NATIVE, alice)).to.equal(294n * COIN);
  });

  it("pay the account itself at anyone's word", async () => {
    const { machineOfferings, accounts, connection } = await load();
    const { treasury, stranger } = accounts;
    const asStranger = machineOfferings.connect(stranger);
    await expect(asStranger.withdraw(NATIVE, treasury, treasury)).to.changeEtherBalance(
      connection.ethers,
      treasury,
      6n * COIN,
    );
  });

  it("pay nobody else at anyone's word", async () => {
    const { machineOfferings, accounts } = await load();
    const { alice, bob, treasury, admin } = accounts;
    for (const [who, to] of [
      [bob, bob],
      [bob, treasury],
      [admin, admin],
    ] as const) {
      await expect(machineOfferings.connect(who).withdraw(NATIVE, alice, to))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnauthorized")
        .withArgs(who);
    }
  });

  it("R33 go on while intake is paused", async () => {
    const { machineOfferings, asAlice, accounts, connection } = await load();
    const until = (await connection.networkHelpers.time.latest()) + 14 * DAY;
    await machineOfferings.connect(accounts.guardian).pauseIntake(until);
    await asAlice.withdraw(NATIVE, accounts.alice, accounts.alice);
    expect(await machineOfferings.claimable(NATIVE, accounts.alice), "R33").to.equal(0n);
  });
});

describe("MachineOfferings: fee and treasury", () => {
  const load = offerings(async () => ({}));

  const deploy = (
    its: Ownership,
    rest: { registry?: string; shares?: string; treasury?: string; fee?: number },
  ) => {
    const { accessManager, deviceRegistry, machineShares, accounts } = its;
    return new MachineOfferings__factory(accounts.deployer).deploy(
      accessManager,
      rest.registry ?? deviceRegistry,
      rest.shares ?? machineShares,
      rest.treasury ?? accounts.treasury,
      rest.fee ?? 200,
    );
  };

  it("are what the constructor was told, and it says so", async () => {
    const its = await load();
    const { accessManager, deviceRegistry, machineShares, accounts } = its;
    const made = await deploy(its, { treasury: accounts.carol.address, fee: 123 });
    expect(await made.feeBps()).to.equal(123n);
    expect(await made.treasury()).to.equal(accounts.carol.address);
    expect(await made.registry()).to.equal(deviceRegistry.target);
    expect(await made.sharesImplementation()).to.equal(machineShares.target);
    expect(await made.authority()).to.equal(accessManager.target);
    await expect(made.deploymentTransaction())
      .to.emit(made, "TreasurySet")
      .withArgs(accounts.carol);
  });

  it("are refused by the constructor if they are out of bounds", async () => {
    const its = await load();
    const { machineOfferings } = its;
    expect(await (await deploy(its, { fee: 500 })).feeBps()).to.equal(500n);
    expect(await (await deploy(its, { fee: 0 })).feeBps()).to.equal(0n);
    await expect(deploy(its, { fee: 501 }))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsFeeTooHigh")
      .withArgs(501n);
    await expect(deploy(its, { treasury: ZeroAddress })).to.be.revertedWithCustomError(
      machineOfferings,
      "MachineOfferingsMissingTreasury",
    );
  });

  it("come with parts that are contracts", async () => {
    const its = await load();
    const { machineOfferings, accounts } = its;
    for (const part of ["registry", "shares"] as const) {
      await expect(deploy(its, { [part]: accounts.bob.address }))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNoCode")
        .withArgs(accounts.bob);
    }
  });

  it("come with shares over the same devices", async () => {
    const its = await load();
    const { machineOfferings, machineVotes, splitHub, accounts } = its;
    const factory = new MachineShares__factory(accounts.deployer);
    // Any other contract may pretend to be a registry.
    const foreign = await factory.deploy(splitHub, splitHub, machineVotes);
    await expect(deploy(its, { shares: foreign.target as string }))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOtherRegistry")
      .withArgs(foreign);
    await expect(deploy(its, { registry: splitHub.target as string }))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOtherRegistry")
      .withArgs(its.machineShares);
    const both = { shares: foreign.target as string, registry: splitHub.target as string };
    expect(await (await deploy(its, both)).sharesImplementation()).to.equal(foreign.target);
  });

  describe("the treasury", () => {
    const data = ({ machineOfferings }: Ownership, to: string) =>
      machineOfferings.interface.encodeFunctionData("setTreasury", [to]);

    async function asAdmin(its: Ownership, to: string) {
      const { accessManager, accounts, connection, machineOfferings } = its;
      const manager = accessManager.connect(accounts.admin);
      await manager.schedule(machineOfferings, data(its, to), 0);
      await connection.networkHelpers.time.increase(3 * DAY);
      return manager.execute(machineOfferings, data(its, to));
    }

    it("is named by ADMIN, after his delay, and is told", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      await expect(asAdmin(its, accounts.carol.address))
        .to.emit(machineOfferings, "TreasurySet")
        .withArgs(accounts.carol);
      expect(await machineOfferings.treasury()).to.equal(accounts.carol.address);
    });

    it("is not nobody", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      await expect(asAdmin(its, ZeroAddress)).to.be.revertedWithCustomError(
        machineOfferings,
        "MachineOfferingsMissingTreasury",
      );
      expect(await machineOfferings.treasury()).to.equal(accounts.treasury.address);
    });

    it("R47 is named by nobody else, the treasury itself included", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { guardian, deployer, treasury, makerVerifier, alice } = accounts;
      for (const who of [guardian, deployer, treasury, makerVerifier, alice]) {
        await expect(machineOfferings.connect(who).setTreasury(who))
          .to.be.revertedWithCustomError(machineOfferings, "AccessManagedUnauthorized")
          .withArgs(who);
      }
    });

    it("keeps what it had when another follows", async () => {
      const its = await load();
      const { machineOfferings, accounts, token } = its;
      const shares = await workingMachine(its);
      await claimMilestone(its, shares, 0);
      await releaseClaimed(its, shares, 0);
      await asAdmin(its, accounts.carol.address);
      expect(await machineOfferings.claimable(token, accounts.treasury)).to.equal(6n * COIN);
      expect(await machineOfferings.claimable(token, accounts.carol)).to.equal(0n);
    });
  });
});
