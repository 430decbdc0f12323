import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import type { BaseContract } from "ethers";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import access from "../../deploy/modules/access.js";
import DeFIoT from "../../deploy/modules/DeFIoT.js";
import localhost from "../../deploy/parameters/localhost.json" with { type: "json" };
import { ADMIN_DELAY, NO_DELAY, Role } from "../../deploy/roles.js";
import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite, type Suite } from "../../scripts/lib/deploy.js";
import type { AccessManager } from "../../typechain-types/index.js";
import { findAnvil, startAnvil } from "./anvil.js";

/** Runs `body` against an HTTP node, where Ignition keeps a journal, and removes the journal after. */
async function withJournal(
  url: string,
  body: (connection: NetworkConnection, deploymentId: string) => Promise<void>,
): Promise<void> {
  const deploymentId = `test-${randomUUID()}`;
  const connection = await hre.network.create({
    network: "localhost",
    override: { url },
  });
  try {
    await body(connection, deploymentId);
  } finally {
    await connection.close();
    await rm(path.join(hre.config.paths.ignition, "deployments", deploymentId), {
      recursive: true,
      force: true,
    });
  }
}

/** Runs `body` against Hardhat's own node, over HTTP. */
async function withHardhatNode(body: (url: string) => Promise<void>): Promise<void> {
  const server = await hre.network.createServer("node", "127.0.0.1", 0);
  const { address, port } = await server.listen();
  try {
    await body(`http://${address}:${String(port)}`);
  } finally {
    await server.close();
  }
}

async function roleOf(
  manager: AccessManager,
  role: bigint,
  account: string,
): Promise<{ isMember: boolean; delay: bigint }> {
  const [isMember, delay] = await manager.hasRole(role, account);
  return { isMember, delay };
}

async function expectHandedOver(connection: NetworkConnection, suite: Suite): Promise<void> {
  const { accessManager } = suite;
  const { deployer } = await namedAccounts(connection.ethers);
  const none = { isMember: false, delay: 0n };
  for (const role of Object.values(Role)) {
    expect(await roleOf(accessManager, role, deployer.address)).to.deep.equal(none);
  }
  const holders = [
    [Role.ADMIN, localhost.Access.admin, ADMIN_DELAY],
    [Role.GUARDIAN, localhost.DeFIoT.guardian, NO_DELAY],
    [Role.MAKER_VERIFIER, localhost.DeFIoT.makerVerifier, NO_DELAY],
  ] as const;
  for (const [role, holder, delay] of holders) {
    const held = { isMember: true, delay: BigInt(delay) };
    expect(await roleOf(accessManager, role, holder)).to.deep.equal(held);
  }
}

async function expectCode(connection: NetworkConnection, suite: Suite): Promise<void> {
  const contracts = Object.entries<BaseContract>({ ...suite });
  expect(contracts).not.to.have.lengthOf(0);
  for (const [name, contract] of contracts) {
    const code = await connection.ethers.provider.getCode(await contract.getAddress());
    expect(code, `${name} has code`).not.to.equal("0x");
  }
}

describe("deploying DeFIoT", () => {
  describe("on an in-process chain, with the parameters of localhost", () => {
    it("gives each role to the address in the parameters, and leaves the deployer none", async () => {
      const connection = await hre.network.create();
      await expectHandedOver(connection, await deploySuite(connection));
    });

    it("hands over to addresses that the named accounts of a local chain hold", async () => {
      const { ethers } = await hre.network.create();
      const { admin, guardian, makerVerifier } = await namedAccounts(ethers);
      expect(localhost.Access.admin).to.equal(admin.address);
      expect(localhost.DeFIoT.guardian).to.equal(guardian.address);
      expect(localhost.DeFIoT.makerVerifier).to.equal(makerVerifier.address);
    });

    it("makes the admin wait three days for a change, and the deployer unable to make one", async () => {
      const connection = await hre.network.create();
      const { ethers, networkHelpers } = connection;
      const { accessManager } = await deploySuite(connection);
      const { admin, deployer, stranger } = await namedAccounts(ethers);
      const change = accessManager.interface.encodeFunctionData("grantRole", [
        Role.GUARDIAN,
        stranger.address,
        0,
      ]);

      await expect(accessManager.grantRole(Role.GUARDIAN, stranger, 0))
        .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount")
        .withArgs(deployer.address, Role.ADMIN);

      const asAdmin = accessManager.connect(admin);
      await asAdmin.schedule(accessManager, change, 0);
      const operation = await accessManager.hashOperation(admin, accessManager, change);
      const readyAt = await accessManager.getSchedule(operation);
      expect(readyAt).to.equal(BigInt(await networkHelpers.time.latest()) + 259_200n);

      await expect(asAdmin.execute(accessManager, change))
        .to.be.revertedWithCustomError(accessManager, "AccessManagerNotReady")
        .withArgs(operation);
      await networkHelpers.time.increaseTo(readyAt);
      await asAdmin.execute(accessManager, change);
      expect((await accessManager.hasRole(Role.GUARDIAN, stranger))[0]).to.equal(true);
    });
  });

  describe("with parameters that do not say who holds a role, what the fee is or who gets it", () => {
    for (const [module, parameter] of [
      ["Access", "admin"],
      ["Data", "feeBps"],
      ["Data", "treasury"],
      ["Ownership", "feeBps"],
      ["Ownership", "treasury"],
      ["Staking", "genesis"],
      ["Staking", "moduleBond"],
      ["Staking", "burnBps"],
      ["DeFIoT", "guardian"],
      ["DeFIoT", "makerVerifier"],
    ] as const) {
      it(`refuses to deploy without ${parameter} of ${module}`, async () => {
        const connection = await hre.network.create();
        const parameters: Record<string, Record<string, string | number>> = structuredClone(
          localhost,
        );
        delete parameters[module]?.[parameter];
        await expect(deploySuite(connection, { parameters })).to.be.rejectedWith(
          `Module parameter '${parameter}' requires a value`,
        );
        expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
      });
    }

    for (const network of ["iotex", "iotexTestnet"]) {
      it(`refuses to deploy with the parameters of ${network} as they stand in the repository`, async () => {
        const connection = await hre.network.create();
        const parameters = path.resolve(`deploy/parameters/${network}.json`);
        await expect(deploySuite(connection, { parameters })).to.be.rejectedWith(
          "Module parameter 'admin' requires a value",
        );
      });
    }
  });

  describe("with parameters that name the deployer", () => {
    it("refuses it as admin, before anything but the access manager exists", async () => {
      const connection = await hre.network.create();
      const { deployer } = await namedAccounts(connection.ethers);
      const parameters = { ...localhost, Access: { admin: deployer.address } };
      await expect(deploySuite(connection, { parameters })).to.be.rejectedWith(
        "AccessManagerNotScheduled",
      );
    });

    it("leaves it no role as guardian or maker verifier", async () => {
      const connection = await hre.network.create();
      const { deployer } = await namedAccounts(connection.ethers);
      const toDeployer = { guardian: deployer.address, makerVerifier: deployer.address };
      const parameters = { ...localhost, DeFIoT: toDeployer };
      const { accessManager } = await deploySuite(connection, { parameters });
      for (const role of Object.values(Role)) {
        expect((await accessManager.hasRole(role, deployer))[0]).to.equal(false);
      }
    });
  });

  describe("interrupted half way", () => {
    it("goes on from there when it is run again, and deploys nothing twice", async () => {
      await withHardhatNode(async (url) => {
        await withJournal(url, async (connection, deploymentId) => {
          const parameters = localhost;
          const first = await connection.ignition.deploy(access, { parameters, deploymentId });
          const suite = await deploySuite(connection, { deploymentId });
          expect(await suite.accessManager.getAddress()).to.equal(
            await first.accessManager.getAddress(),
          );
          await expectHandedOver(connection, suite);

          const transactions = await connection.ethers.provider.getBlockNumber();
          await connection.ignition.deploy(DeFIoT, { parameters, deploymentId });
          expect(await connection.ethers.provider.getBlockNumber()).to.equal(transactions);
        });
      });
    });
  });

  describe("on Anvil, a node that shares no code with Hardhat's", () => {
    it("deploys the same suite", async function () {
      // Artifacts instrumented for coverage are over the size limit that Anvil keeps.
      if (hre.globalOptions.coverage) this.skip();
      const program = findAnvil();
      if (program === undefined) {
        if (process.platform === "linux" && process.arch === "x64") {
          throw new Error("Anvil is missing although npm has it for this platform: run `npm ci`");
        }
        console.log("      skipped: install Foundry's `anvil` to run this on your platform");
        this.skip();
      }
      const anvil = await startAnvil(program);
      try {
        await withJournal(anvil.url, async (connection, deploymentId) => {
          const version: unknown = await connection.provider.request({
            method: "web3_clientVersion",
          });
          expect(version).to.match(/^anvil/i);
          const suite = await deploySuite(connection, { deploymentId });
          await expectCode(connection, suite);
          await expectHandedOver(connection, suite);
        });
      } finally {
        await anvil.stop();
      }
    });
  });
});
