import { expect } from "chai";
import { id } from "ethers";
import { network } from "hardhat";

import localhost from "../../deploy/parameters/localhost.json" with { type: "json" };
import { ADMIN_DELAY, Role } from "../../deploy/roles.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";

const INTAKE = ["pauseIntake(uint48)", "resumeIntake()"];

describe("Deployment of the ownership domain", () => {
  async function deployed(parameters: object = localhost) {
    const connection = await network.create();
    const suite = await deploySuite(connection, { parameters: parameters as typeof localhost });
    return { ...suite, connection, accounts: await namedAccounts(connection.ethers) };
  }

  it("gives back every part, each at an address of its own", async () => {
    const {
      splitHub,
      machineVotes,
      machineShares,
      machineOfferings,
      revenueCollector,
      connection,
    } = await deployed();
    const parts = [splitHub, machineVotes, machineShares, machineOfferings, revenueCollector];
    const addresses = await Promise.all(parts.map((part) => part.getAddress()));
    expect(new Set(addresses).size).to.equal(5);
    for (const address of addresses) {
      expect(await connection.ethers.provider.getCode(address)).not.to.equal("0x");
    }
  });

  it("makes the parts point at each other", async () => {
    const { deviceRegistry, splitHub, machineVotes, machineShares, machineOfferings } =
      await deployed();

    expect(await machineShares.registry()).to.equal(deviceRegistry.target);
    expect(await machineShares.hub()).to.equal(splitHub.target);
    expect(await machineShares.votes()).to.equal(machineVotes.target);
    expect(await machineOfferings.sharesImplementation()).to.equal(machineShares.target);
    expect(await machineOfferings.registry()).to.equal(deviceRegistry.target);
  });

  it("R13 leaves the code of the shares a machine of nobody's, whose holders nobody can become", async () => {
    const { machineShares, machineOfferings, accounts, connection } = await deployed();

    await expect(machineShares.mint(accounts.alice, 1)).to.be.revert(connection.ethers);
    expect(await machineShares.totalSupply()).to.equal(0n);
    expect(await machineOfferings.statusOf(machineShares)).to.equal(0n);
  });

  it("takes fee and treasury from the parameters of its own domain", async () => {
    const other = "0x1111111111111111111111111111111111111111";
    const parameters = structuredClone(localhost);
    parameters.Ownership = { feeBps: 345, treasury: other };
    const { machineOfferings, dataOffers, dataMarket } = await deployed(parameters);

    expect(await machineOfferings.feeBps()).to.equal(345n);
    expect(await machineOfferings.treasury()).to.equal(other);
    expect(await dataOffers.fee()).to.equal(localhost.Data.feeBps);
    expect(await dataMarket.treasury()).to.equal(localhost.Data.treasury);
  });

  it("names the treasury that a local chain knows by name", async () => {
    const { machineOfferings, accounts } = await deployed();

    expect(await machineOfferings.treasury()).to.equal(accounts.treasury.address);
    expect(await machineOfferings.feeBps()).to.equal(localhost.Ownership.feeBps);
  });

  it("refuses a fee above 500 bps", async () => {
    const parameters = structuredClone(localhost);
    parameters.Ownership.feeBps = 501;
    await expect(deployed(parameters)).to.be.rejectedWith("MachineOfferingsFeeTooHigh");
  });

  it("puts the offerings under the one AccessManager", async () => {
    const { machineOfferings, accessManager } = await deployed();

    expect(await machineOfferings.authority()).to.equal(accessManager.target);
  });

  for (const name of INTAKE) {
    it(`leaves ${name} of the offerings to GUARDIAN, at once`, async () => {
      const { machineOfferings, accessManager, accounts } = await deployed();
      const selector = id(name).slice(0, 10);
      const may = (who: string): Promise<[boolean, bigint]> =>
        accessManager.canCall(who, machineOfferings, selector);

      expect(await accessManager.getTargetFunctionRole(machineOfferings, selector)).to.equal(
        Role.GUARDIAN,
      );
      expect(await may(accounts.guardian.address)).to.deep.equal([true, 0n]);
      expect(await may(accounts.admin.address)).to.deep.equal([false, 0n]);
      expect(await may(accounts.makerVerifier.address)).to.deep.equal([false, 0n]);
      expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
    });
  }

  it("leaves setTreasury(address) to ADMIN, after three days", async () => {
    const { machineOfferings, accessManager, accounts } = await deployed();
    const selector = id("setTreasury(address)").slice(0, 10);
    const may = (who: string): Promise<[boolean, bigint]> =>
      accessManager.canCall(who, machineOfferings, selector);

    expect(await accessManager.getTargetFunctionRole(machineOfferings, selector)).to.equal(
      Role.ADMIN,
    );
    expect(await may(accounts.admin.address)).to.deep.equal([false, BigInt(ADMIN_DELAY)]);
    expect(await may(accounts.guardian.address)).to.deep.equal([false, 0n]);
    expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
  });

  it("lets ADMIN change the treasury after those three days, and not before", async () => {
    const { machineOfferings, accessManager, accounts, connection } = await deployed();
    const asAdmin = accessManager.connect(accounts.admin);
    const data = machineOfferings.interface.encodeFunctionData("setTreasury", [
      accounts.carol.address,
    ]);
    await asAdmin.schedule(machineOfferings, data, 0);
    await expect(asAdmin.execute(machineOfferings, data)).to.be.revertedWithCustomError(
      accessManager,
      "AccessManagerNotReady",
    );
    await connection.networkHelpers.time.increase(ADMIN_DELAY);
    await asAdmin.execute(machineOfferings, data);
    expect(await machineOfferings.treasury()).to.equal(accounts.carol.address);
  });

  it("R47 gives GUARDIAN the pause of the offerings and no other function of the domain", async () => {
    const suite = await deployed();
    const { accessManager, accounts } = suite;
    const { splitHub, machineVotes, machineShares, machineOfferings, revenueCollector } = suite;
    const parts = [splitHub, machineVotes, machineShares, machineOfferings, revenueCollector];
    const allowed: string[] = [];
    for (const part of parts) {
      const selectors: [string, string][] = [];
      part.interface.forEachFunction((its) => {
        selectors.push([its.format("sighash"), its.selector]);
      });
      expect(selectors).not.to.have.lengthOf(0);
      for (const [signature, selector] of selectors) {
        const [may] = await accessManager.canCall(accounts.guardian, part, selector);
        if (may) allowed.push(signature);
      }
    }
    expect(allowed.sort()).to.deep.equal(INTAKE);
  });

  it("leaves the deployer no role and no say", async () => {
    const { accessManager, machineOfferings, accounts } = await deployed();
    const { deployer } = accounts;
    for (const role of Object.values(Role)) {
      expect((await accessManager.hasRole(role, deployer))[0]).to.equal(false);
    }
    for (const data of [
      () => machineOfferings.setTreasury(deployer),
      () => machineOfferings.pauseIntake(1),
      () => machineOfferings.resumeIntake(),
      () => machineOfferings.setAuthority(deployer),
    ]) {
      await expect(data())
        .to.be.revertedWithCustomError(machineOfferings, "AccessManagedUnauthorized")
        .withArgs(deployer);
    }
  });
});
