import { expect } from "chai";
import { id, parseEther } from "ethers";
import { network } from "hardhat";

import iotex from "../../deploy/parameters/iotex.json" with { type: "json" };
import iotexTestnet from "../../deploy/parameters/iotexTestnet.json" with { type: "json" };
import localhost from "../../deploy/parameters/localhost.json" with { type: "json" };
import { Role } from "../../deploy/roles.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { EPOCH, moduleTerms } from "../../scripts/lib/staking/modules.js";

const INTAKE = ["pauseIntake(uint48)", "resumeIntake()"];
const VETOES = ["vetoAll(uint32)", "vetoAsGuardian(uint256)"];
const MODULE_BOND = parseEther("1000");
/** The first Monday that a clock of seconds since 1970 knows. */
const MONDAY = 4 * 86_400;

/** The parameters of localhost, with others of staking. */
const parametersWith = (staking: object = {}) => ({
  ...localhost,
  Staking: { ...localhost.Staking, moduleBond: MODULE_BOND, ...staking },
});

describe("Deployment of the staking domain", () => {
  async function deployed(parameters = parametersWith()) {
    const connection = await network.create();
    const suite = await deploySuite(connection, { parameters });
    return { ...suite, connection, accounts: await namedAccounts(connection.ethers) };
  }
  type Deployed = Awaited<ReturnType<typeof deployed>>;

  const managedOf = ({ stakingPool, moduleRegistry, slashCourt, moduleRewards }: Deployed) => ({
    stakingPool,
    moduleRegistry,
    slashCourt,
    moduleRewards,
  });
  type Managed = keyof ReturnType<typeof managedOf>;

  it("gives back every part, each at an address of its own", async () => {
    const suite = await deployed();
    const parts = [...Object.values(managedOf(suite)), suite.iotxBurner];
    const addresses = await Promise.all(parts.map((part) => part.getAddress()));
    expect(new Set(addresses).size).to.equal(5);
    for (const address of addresses) {
      expect(await suite.connection.ethers.provider.getCode(address)).not.to.equal("0x");
    }
  });

  it("makes the parts point at each other", async () => {
    const { iotxBurner, stakingPool, moduleRegistry, slashCourt, moduleRewards } = await deployed();

    expect(await stakingPool.burner()).to.equal(iotxBurner.target);
    expect(await stakingPool.registry()).to.equal(moduleRegistry.target);
    expect(await stakingPool.court()).to.equal(slashCourt.target);
    expect(await moduleRegistry.pool()).to.equal(stakingPool.target);
    expect(await slashCourt.pool()).to.equal(stakingPool.target);
    expect(await slashCourt.registry()).to.equal(moduleRegistry.target);
    expect(await moduleRewards.pool()).to.equal(stakingPool.target);
    expect(await moduleRewards.registry()).to.equal(moduleRegistry.target);
  });

  it("burns at the one burner, whoever burns", async () => {
    const { iotxBurner, stakingPool, moduleRegistry, moduleRewards, accounts, connection } =
      await deployed();
    const { alice, arbiter, judy } = accounts;
    await stakingPool.connect(alice).registerOperator(alice, 0, "", { value: 1n });
    await connection.networkHelpers.time.increase(EPOCH);
    await expect(
      moduleRewards.connect(alice).fund(0n, 1n, NATIVE, 1_000n, { value: 1_000n }),
    ).to.changeEtherBalance(connection.ethers, iotxBurner, 50n);
    await expect(
      moduleRegistry
        .connect(arbiter)
        .registerModule(moduleTerms(arbiter, judy), "", { value: MODULE_BOND }),
    ).to.changeEtherBalance(connection.ethers, iotxBurner, MODULE_BOND / 10n);
  });

  it("gives all parts one time, whose epochs begin on Mondays at 00:00 UTC", async () => {
    const suite = await deployed();
    for (const part of Object.values(managedOf(suite))) {
      const genesis = await part.genesis();
      expect(genesis).to.equal(BigInt(localhost.Staking.genesis));
      const { timestamp = 0 } = (await suite.connection.ethers.provider.getBlock("latest")) ?? {};
      const epoch = (BigInt(timestamp) - genesis) / BigInt(EPOCH);
      expect(await part.epoch()).to.equal(epoch);
      expect(epoch >= 1n).to.equal(true);
      expect(await part.startOf(epoch)).to.equal(genesis + epoch * BigInt(EPOCH));
    }
  });

  it("takes time, bond and burned part from the parameters", async () => {
    const genesis = localhost.Staking.genesis - EPOCH;
    const suite = await deployed(parametersWith({ genesis, moduleBond: 77n, burnBps: 1_234 }));

    expect(await suite.moduleRegistry.bondOfModules()).to.equal(77n);
    expect(await suite.moduleRewards.burnBps()).to.equal(1_234n);
    for (const part of Object.values(managedOf(suite))) {
      expect(await part.genesis()).to.equal(BigInt(genesis));
    }
  });

  for (const [name, { Staking }] of Object.entries({ localhost, iotex, iotexTestnet })) {
    it(`has parameters of ${name} that it can be deployed with`, () => {
      expect((Staking.genesis - MONDAY) % EPOCH).to.equal(0);
      expect((Staking.genesis + EPOCH) * 1_000).to.be.lessThan(Date.now());
      expect(Staking.burnBps).to.be.within(0, 2_000);
      expect(BigInt(Staking.moduleBond.replace(/n$/, ""))).to.equal(
        name === "localhost" ? MODULE_BOND : parseEther("10000"),
      );
    });
  }

  describe("refuses", () => {
    it("a genesis that lies less than an epoch back", async () => {
      const genesis = Math.floor(Date.now() / 1_000) - EPOCH + 86_400;
      await expect(deployed(parametersWith({ genesis }))).to.be.rejectedWith(
        "StakingClockGenesisTooLate",
      );
    });

    it("a genesis that lies a second less than an epoch back, and takes one that is an epoch back", async () => {
      const { accessManager, iotxBurner, connection } = await deployed();
      const { ethers, networkHelpers } = connection;
      const factory = await ethers.getContractFactory("StakingPool");
      const at = (await networkHelpers.time.latest()) + 1_000;
      await networkHelpers.time.setNextBlockTimestamp(at);
      await expect(factory.deploy(accessManager, at - EPOCH + 1, iotxBurner))
        .to.be.revertedWithCustomError(factory, "StakingClockGenesisTooLate")
        .withArgs(at - EPOCH + 1);
      await networkHelpers.time.setNextBlockTimestamp(at + 1);
      const pool = await factory.deploy(accessManager, at + 1 - EPOCH, iotxBurner);
      expect(await pool.epoch()).to.equal(1n);
      expect(await pool.startOf(1n)).to.equal(BigInt(at + 1));
    });

    it("to burn more than a fifth of rewards, and takes a fifth and nothing", async () => {
      const { accessManager, moduleRegistry, connection } = await deployed();
      const factory = await connection.ethers.getContractFactory("ModuleRewards");
      await expect(factory.deploy(accessManager, moduleRegistry, 2_001))
        .to.be.revertedWithCustomError(factory, "ModuleRewardsBurnTooHigh")
        .withArgs(2_001, 2_000);
      for (const burnBps of [2_000n, 0n]) {
        const rewards = await factory.deploy(accessManager, moduleRegistry, burnBps);
        expect(await rewards.burnBps()).to.equal(burnBps);
      }
    });

    it("the same through its parameters", async () => {
      await expect(deployed(parametersWith({ burnBps: 2_001 }))).to.be.rejectedWith(
        "ModuleRewardsBurnTooHigh",
      );
    });
  });

  it("R13 cannot be wired again, by the deployer or by anyone", async () => {
    const { stakingPool, moduleRegistry, slashCourt, accounts } = await deployed();

    await expect(stakingPool.connect(accounts.deployer).bind(moduleRegistry, slashCourt), "R13")
      .to.be.revertedWithCustomError(stakingPool, "StakingPoolAlreadyBound")
      .withArgs();
    for (const who of [accounts.admin, accounts.guardian, accounts.stranger]) {
      await expect(stakingPool.connect(who).bind(moduleRegistry, slashCourt), "R13")
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolUnauthorized")
        .withArgs(who);
    }
  });

  it("puts the parts under the one AccessManager", async () => {
    const suite = await deployed();
    for (const part of Object.values(managedOf(suite))) {
      expect(await part.authority()).to.equal(suite.accessManager.target);
    }
  });

  const GUARDED: Record<Managed, string[]> = {
    stakingPool: INTAKE,
    moduleRegistry: INTAKE,
    slashCourt: VETOES,
    moduleRewards: INTAKE,
  };

  for (const [name, signatures] of Object.entries(GUARDED) as [Managed, string[]][]) {
    for (const signature of signatures) {
      it(`leaves ${signature} of ${name} to GUARDIAN, at once`, async () => {
        const suite = await deployed();
        const { accessManager, accounts } = suite;
        const part = suite[name];
        const selector = id(signature).slice(0, 10);
        const may = (who: string): Promise<[boolean, bigint]> =>
          accessManager.canCall(who, part, selector);

        expect(await accessManager.getTargetFunctionRole(part, selector)).to.equal(Role.GUARDIAN);
        expect(await may(accounts.guardian.address)).to.deep.equal([true, 0n]);
        expect(await may(accounts.admin.address)).to.deep.equal([false, 0n]);
        expect(await may(accounts.makerVerifier.address)).to.deep.equal([false, 0n]);
        expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
      });
    }

    it(`R47 gives GUARDIAN no other function of ${name}`, async () => {
      const suite = await deployed();
      const selectors: [string, string][] = [];
      suite[name].interface.forEachFunction((its) => {
        selectors.push([its.format("sighash"), its.selector]);
      });
      const allowed: string[] = [];
      for (const [signature, selector] of selectors) {
        const { accessManager, accounts } = suite;
        const [may] = await accessManager.canCall(accounts.guardian, suite[name], selector);
        if (may) allowed.push(signature);
      }
      expect(allowed.sort(), "R47").to.deep.equal(signatures);
    });
  }

  it("leaves the deployer no role and no say", async () => {
    const suite = await deployed();
    const { accessManager, slashCourt, accounts } = suite;
    const { deployer } = accounts;
    for (const role of Object.values(Role)) {
      expect((await accessManager.hasRole(role, deployer))[0]).to.equal(false);
    }
    const { stakingPool, moduleRegistry, moduleRewards } = suite;
    for (const part of [stakingPool, moduleRegistry, moduleRewards]) {
      for (const data of [
        () => part.pauseIntake(1),
        () => part.resumeIntake(),
        () => part.setAuthority(deployer),
      ]) {
        await expect(data())
          .to.be.revertedWithCustomError(part, "AccessManagedUnauthorized")
          .withArgs(deployer);
      }
    }
    for (const data of [
      () => slashCourt.vetoAsGuardian(1),
      () => slashCourt.vetoAll(1),
      () => slashCourt.setAuthority(deployer),
    ]) {
      await expect(data())
        .to.be.revertedWithCustomError(slashCourt, "AccessManagedUnauthorized")
        .withArgs(deployer);
    }
  });
});
