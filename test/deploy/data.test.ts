import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import { network } from "hardhat";

import localhost from "../../deploy/parameters/localhost.json" with { type: "json" };
import { ADMIN_DELAY, Role } from "../../deploy/roles.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";
import { DataOffers__factory } from "../../typechain-types/index.js";

describe("Deployment of the data domain", () => {
  async function deployed(parameters: object = localhost) {
    const connection = await network.create();
    const suite = await deploySuite(connection, { parameters: parameters as typeof localhost });
    return { ...suite, connection, accounts: await namedAccounts(connection.ethers) };
  }

  it("makes the parts point at each other", async () => {
    const { deviceRegistry, dataAssets, dataOffers, dataMarket, dataGrants } = await deployed();

    expect(await dataAssets.devices()).to.equal(deviceRegistry.target);
    expect(await dataOffers.assets()).to.equal(dataAssets.target);
    expect(await dataOffers.market()).to.equal(dataMarket.target);
    expect(await dataMarket.offers()).to.equal(dataOffers.target);
    expect(await dataMarket.assets()).to.equal(dataAssets.target);
    expect(await dataMarket.grants()).to.equal(dataGrants.target);
    expect(await dataGrants.market()).to.equal(dataMarket.target);
  });

  it("takes fee and treasury from the parameters, and has no credits unless they are named", async () => {
    const { dataOffers, dataMarket } = await deployed();

    expect(await dataOffers.fee()).to.equal(localhost.Data.feeBps);
    expect(await dataMarket.treasury()).to.equal(localhost.Data.treasury);
    expect(await dataOffers.credits()).to.equal(ZeroAddress);
    expect(await dataMarket.credits()).to.equal(ZeroAddress);
  });

  it("names the treasury that a local chain knows by name", async () => {
    const { accounts } = await deployed();

    expect(localhost.Data.treasury).to.equal(accounts.treasury.address);
  });

  it("takes the credits that the parameters name, as long as they are a contract", async () => {
    const credits = { ...localhost, Data: { ...localhost.Data, credits: localhost.Access.admin } };
    await expect(deployed(credits)).to.be.rejectedWith("DataOffersNoCode");

    // The ERC-6551 registry stands for any contract that is on the chain before.
    credits.Data.credits = localhost.Identity.erc6551Registry;
    const { dataOffers, dataMarket } = await deployed(credits);
    expect(await dataOffers.credits()).to.equal(localhost.Identity.erc6551Registry);
    expect(await dataMarket.credits()).to.equal(localhost.Identity.erc6551Registry);
  });

  it("puts offers and market under the one AccessManager", async () => {
    const { dataOffers, dataMarket, accessManager } = await deployed();

    expect(await dataOffers.authority()).to.equal(accessManager.target);
    expect(await dataMarket.authority()).to.equal(accessManager.target);
  });

  for (const name of ["pauseIntake(uint48)", "resumeIntake()"]) {
    it(`leaves ${name} to GUARDIAN, at once`, async () => {
      const { dataMarket, accessManager, accounts } = await deployed();
      const selector = id(name).slice(0, 10);
      const may = (who: string): Promise<[boolean, bigint]> =>
        accessManager.canCall(who, dataMarket, selector);

      expect(await accessManager.getTargetFunctionRole(dataMarket, selector)).to.equal(
        Role.GUARDIAN,
      );
      expect(await may(accounts.guardian.address)).to.deep.equal([true, 0n]);
      expect(await may(accounts.admin.address)).to.deep.equal([false, 0n]);
      expect(await may(accounts.makerVerifier.address)).to.deep.equal([false, 0n]);
      expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
    });
  }

  for (const [part, name] of [
    ["dataOffers", "setFee(uint16)"],
    ["dataMarket", "setTreasury(address)"],
  ] as const) {
    it(`leaves ${name} to ADMIN, after three days`, async () => {
      const suite = await deployed();
      const { accessManager, accounts } = suite;
      const target = suite[part];
      const selector = id(name).slice(0, 10);
      const may = (who: string): Promise<[boolean, bigint]> =>
        accessManager.canCall(who, target, selector);

      expect(await accessManager.getTargetFunctionRole(target, selector)).to.equal(Role.ADMIN);
      expect(await may(accounts.admin.address)).to.deep.equal([false, BigInt(ADMIN_DELAY)]);
      expect(await may(accounts.guardian.address)).to.deep.equal([false, 0n]);
      expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
    });
  }

  it("lets ADMIN change fee and treasury after those three days, and not before", async () => {
    const { dataOffers, dataMarket, accessManager, accounts, connection } = await deployed();
    const asAdmin = accessManager.connect(accounts.admin);
    const changes = [
      [dataOffers, dataOffers.interface.encodeFunctionData("setFee", [300])],
      [
        dataMarket,
        dataMarket.interface.encodeFunctionData("setTreasury", [accounts.carol.address]),
      ],
    ] as const;
    for (const [target, data] of changes) {
      await asAdmin.schedule(target, data, 0);
      await expect(asAdmin.execute(target, data)).to.be.revertedWithCustomError(
        accessManager,
        "AccessManagerNotReady",
      );
    }
    await connection.networkHelpers.time.increase(ADMIN_DELAY);
    for (const [target, data] of changes) await asAdmin.execute(target, data);
    expect(await dataOffers.fee()).to.equal(300n);
    expect(await dataMarket.treasury()).to.equal(accounts.carol.address);
  });

  describe("the bond between offers and market", () => {
    it("was tied by the deployment, and is not tied again", async () => {
      const { dataOffers, dataMarket, accounts } = await deployed();

      await expect(dataOffers.connect(accounts.deployer).bind(dataMarket))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersBound")
        .withArgs(dataMarket);
    });

    it("is tied by the deployer only, whatever roles others hold", async () => {
      const { accessManager, dataAssets, dataMarket, accounts } = await deployed();
      const factory = new DataOffers__factory(accounts.deployer);
      const offers = await factory.deploy(accessManager, dataAssets, ZeroAddress, 0);
      expect(await offers.market()).to.equal(ZeroAddress);

      for (const who of [accounts.admin, accounts.guardian, accounts.alice]) {
        await expect(offers.connect(who).bind(dataMarket))
          .to.be.revertedWithCustomError(offers, "DataOffersUnauthorized")
          .withArgs(who);
      }
      await expect(offers.bind(accounts.alice))
        .to.be.revertedWithCustomError(offers, "DataOffersNoCode")
        .withArgs(accounts.alice);
      await expect(offers.bind(dataMarket))
        .to.be.revertedWithCustomError(offers, "DataOffersForeignMarket")
        .withArgs(dataMarket);
      expect(await offers.market()).to.equal(ZeroAddress);
    });
  });
});
