import { expect } from "chai";
import { id } from "ethers";
import { network } from "hardhat";

import { ADMIN_DELAY, Role } from "../../deploy/roles.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite, ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";

describe("Deployment of the identity domain", () => {
  async function deployed() {
    const connection = await network.create();
    return { ...(await deploySuite(connection)), accounts: await namedAccounts(connection.ethers) };
  }

  it("binds the device registry to the suite's own parts and to the canonical ERC-6551 registry", async () => {
    const { deviceRegistry, makerRegistry, deviceAccount, p256Verifier } = await deployed();

    expect(await deviceRegistry.makers()).to.equal(makerRegistry.target);
    expect(await deviceRegistry.accountImplementation()).to.equal(deviceAccount.target);
    expect(await deviceRegistry.erc6551Registry()).to.equal(ERC6551_REGISTRY);
    expect((await deviceRegistry.keyTypeOf(2)).verifier).to.equal(p256Verifier.target);
  });

  it("puts both registries under the one AccessManager", async () => {
    const { deviceRegistry, makerRegistry, accessManager } = await deployed();

    expect(await deviceRegistry.authority()).to.equal(accessManager.target);
    expect(await makerRegistry.authority()).to.equal(accessManager.target);
  });

  it("leaves marking makers to MAKER_VERIFIER, at once", async () => {
    const { makerRegistry, accessManager, accounts } = await deployed();
    const selector = id("setVerified(uint32,address,bool)").slice(0, 10);
    const may = (who: string): Promise<[boolean, bigint]> =>
      accessManager.canCall(who, makerRegistry, selector);

    expect(await accessManager.getTargetFunctionRole(makerRegistry, selector)).to.equal(
      Role.MAKER_VERIFIER,
    );
    expect(await may(accounts.makerVerifier.address)).to.deep.equal([true, 0n]);
    expect(await may(accounts.admin.address)).to.deep.equal([false, 0n]);
    expect(await may(accounts.deployer.address)).to.deep.equal([false, 0n]);
  });

  it("leaves appending key types to ADMIN, after three days", async () => {
    const { deviceRegistry, accessManager, accounts } = await deployed();
    const selector = id("addKeyType(address,uint16,uint32)").slice(0, 10);

    expect(await accessManager.getTargetFunctionRole(deviceRegistry, selector)).to.equal(
      Role.ADMIN,
    );
    expect(
      await accessManager.canCall(accounts.admin.address, deviceRegistry, selector),
    ).to.deep.equal([false, BigInt(ADMIN_DELAY)]);
    expect(
      await accessManager.canCall(accounts.deployer.address, deviceRegistry, selector),
    ).to.deep.equal([false, 0n]);
  });
});
