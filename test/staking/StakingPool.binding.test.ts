import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  ModuleRegistry__factory,
  SlashCourt__factory,
  StakingPool__factory,
} from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import { actionsOf } from "../identity/registry.js";
import { COIN, EPOCH, NO_PENDING, now } from "./fixture.js";
import { eventsOf, fromDayOne } from "./pool.js";

/** A pool that is not bound, and what could be bound to it. */
async function deployUnbound(its: Identity) {
  const { accessManager, iotxBurner, accounts } = its;
  const genesis = await its.stakingPool.genesis();
  const factory = new StakingPool__factory(accounts.deployer);
  const pool = await factory.deploy(accessManager, genesis, iotxBurner);
  const registryFactory = new ModuleRegistry__factory(accounts.deployer);
  const registry = await registryFactory.deploy(accessManager, pool, 1n);
  const sister = await registryFactory.deploy(accessManager, pool, 1n);
  const court = await new SlashCourt__factory(accounts.deployer).deploy(accessManager, registry);
  return { pool, registry, sister, court };
}

describe("StakingPool: deployed", () => {
  const load = fromDayOne(() => Promise.resolve({}));

  it("names its registry, its court, its burner and its authority", async () => {
    const { stakingPool, moduleRegistry, slashCourt, iotxBurner, accessManager } = await load();
    expect(await stakingPool.registry()).to.equal(moduleRegistry.target);
    expect(await stakingPool.court()).to.equal(slashCourt.target);
    expect(await stakingPool.burner()).to.equal(iotxBurner.target);
    expect(await stakingPool.authority()).to.equal(accessManager.target);
  });

  it("has no operator and no coin", async () => {
    const { stakingPool, connection } = await load();
    expect(await stakingPool.count()).to.equal(0n);
    expect(await connection.ethers.provider.getBalance(stakingPool)).to.equal(0n);
    expect(await stakingPool.ownerOf(0)).to.equal(ZeroAddress);
    expect(await stakingPool.ownerOf(1)).to.equal(ZeroAddress);
  });

  it("takes no coin that says nothing", async () => {
    const { stakingPool, accounts, connection } = await load();
    const sending = accounts.bob.sendTransaction({ to: stakingPool, value: COIN });
    await expect(sending).to.be.revertedWithoutReason(connection.ethers);
  });

  it("R47 offers nothing that is not tested, and roles nothing but the pause", async () => {
    const { stakingPool, accessManager } = await load();
    expect([...actionsOf(stakingPool.interface)]).to.have.members([
      ...["bind", "setAuthority"],
      ...["registerOperator", "describeOperator", "setPayout", "setCommission"],
      ...["offerOwnership", "acceptOwnership", "addBond", "withdrawBond"],
      ...["stake", "requestExit", "claimExit", "claimExitFor", "restakeExit"],
      ...["withdrawCompensation", "withdrawCompensationFor"],
      ...["openProposal", "closeProposal", "slash"],
      ...["pauseIntake", "resumeIntake"],
    ]);
    // Whoever calls has a role only where the manager gives one: here it is the guardian's, for the pause.
    for (const [name, role] of [
      ["pauseIntake", 1n],
      ["resumeIntake", 1n],
      ["stake", 0n],
      ["slash", 0n],
    ] as const) {
      const { selector } = stakingPool.interface.getFunction(name);
      expect(await accessManager.getTargetFunctionRole(stakingPool, selector), name).to.equal(role);
    }
  });
});

describe("StakingPool: binding", () => {
  const load = fromDayOne(deployUnbound);

  it("leaves registry and court open until then", async () => {
    const { pool } = await load();
    expect(await pool.registry()).to.equal(ZeroAddress);
    expect(await pool.court()).to.equal(ZeroAddress);
  });

  it("lets nobody register before, and so nobody stake", async () => {
    const { pool, accounts } = await load();
    const { alice, bob } = accounts;
    const registering = pool.connect(alice).registerOperator(alice, 0, "", { value: COIN });
    await expect(registering).to.be.revertedWithCustomError(pool, "StakingPoolNotBound");
    await expect(pool.connect(bob).stake(1, NO_PENDING, { value: COIN }))
      .to.be.revertedWithCustomError(pool, "StakingPoolUnknownOperator")
      .withArgs(1);
  });

  it("is done by the deployer, and told", async () => {
    const its = await load();
    const { pool, registry, court, accounts } = its;
    expect(await eventsOf(its, pool.bind(registry, court))).to.deep.equal([
      ["Bound", registry.target, court.target],
    ]);
    expect(await pool.registry()).to.equal(registry.target);
    expect(await pool.court()).to.equal(court.target);
    await pool.connect(accounts.alice).registerOperator(accounts.alice, 0, "");
    expect(await pool.count()).to.equal(1n);
  });

  it("R47 is done by nobody else, before or after", async () => {
    const { pool, registry, court, accounts } = await load();
    const refuseAll = async () => {
      for (const who of [accounts.admin, accounts.guardian, accounts.alice]) {
        await expect(pool.connect(who).bind(registry, court))
          .to.be.revertedWithCustomError(pool, "StakingPoolUnauthorized")
          .withArgs(who);
      }
    };
    await refuseAll();
    await pool.bind(registry, court);
    await refuseAll();
  });

  it("is done once, even with the same two", async () => {
    const { pool, registry, court } = await load();
    await pool.bind(registry, court);
    const again = pool.bind(registry, court);
    await expect(again).to.be.revertedWithCustomError(pool, "StakingPoolAlreadyBound");
  });

  it("refuses a registry of another pool, though the court is its own", async () => {
    const { pool, moduleRegistry, slashCourt } = await load();
    await expect(pool.bind(moduleRegistry, slashCourt))
      .to.be.revertedWithCustomError(pool, "StakingPoolWrongBinding")
      .withArgs(moduleRegistry, slashCourt);
  });

  it("refuses a court of another registry, though both are over the same pool", async () => {
    const { pool, sister, court } = await load();
    await expect(pool.bind(sister, court))
      .to.be.revertedWithCustomError(pool, "StakingPoolWrongBinding")
      .withArgs(sister, court);
  });

  it("can be tried again after a wrong one", async () => {
    const { pool, registry, sister, court } = await load();
    await expect(pool.bind(sister, court)).to.be.revertedWithCustomError(
      pool,
      "StakingPoolWrongBinding",
    );
    await pool.bind(registry, court);
    expect(await pool.court()).to.equal(court.target);
  });

  it("refuses what is no contract", async () => {
    const { pool, registry, accounts, connection } = await load();
    const { ethers } = connection;
    await expect(pool.bind(accounts.bob, accounts.carol)).to.be.revertedWithoutReason(ethers);
    await expect(pool.bind(registry, accounts.carol)).to.be.revertedWithoutReason(ethers);
  });
});

describe("StakingPool: the clock", () => {
  const load = fromDayOne(() => Promise.resolve({}));

  const deployAt = async (its: Identity, timestamp: number, genesis: number) => {
    const { accessManager, iotxBurner, accounts, connection } = its;
    await connection.networkHelpers.time.setNextBlockTimestamp(timestamp);
    return new StakingPool__factory(accounts.deployer).deploy(accessManager, genesis, iotxBurner);
  };

  it("begins an epoch back at least, so that no epoch in use is 0", async () => {
    const its = await load();
    const at = (await now(its)) + 1_000;
    await expect(deployAt(its, at, at - EPOCH + 1))
      .to.be.revertedWithCustomError(its.stakingPool, "StakingClockGenesisTooLate")
      .withArgs(at - EPOCH + 1);
    const pool = await deployAt(its, at, at - EPOCH);
    expect(await pool.genesis()).to.equal(at - EPOCH);
    expect(await pool.epoch()).to.equal(1n);
  });

  it("counts epochs of seven days from genesis on", async () => {
    const { stakingPool: pool } = await load();
    const genesis = await pool.genesis();
    expect(genesis % 604_800n, "a Monday: the era began on a Thursday").to.equal(345_600n);
    expect(await pool.startOf(0)).to.equal(genesis);
    expect(await pool.startOf(1)).to.equal(genesis + 604_800n);
    expect(await pool.startOf(1_000)).to.equal(genesis + 604_800_000n);
  });

  it("goes on to the next epoch at its first second", async () => {
    const { stakingPool: pool, connection } = await load();
    const { time } = connection.networkHelpers;
    const epoch = await pool.epoch();
    const next = await pool.startOf(epoch + 1n);
    await time.increaseTo(next - 1n);
    expect(await pool.epoch()).to.equal(epoch);
    await time.increaseTo(next);
    expect(await pool.epoch()).to.equal(epoch + 1n);
    await time.increaseTo(next + 604_799n);
    expect(await pool.epoch()).to.equal(epoch + 1n);
    await time.increaseTo(next + 604_800n);
    expect(await pool.epoch()).to.equal(epoch + 2n);
  });
});
