import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import hre from "hardhat";

import { writeAddresses } from "./devnet/addresses.js";
import { isFree } from "./devnet/port.js";
import { seed, type SeedContext } from "./devnet/seed.js";
import { beforeStaking } from "./devnet/staking.js";
import { namedAccounts } from "./lib/accounts.js";
import { build } from "./lib/build.js";
import { deploySuite } from "./lib/deploy.js";
import { NATIVE } from "./lib/identity.js";
import { command, fail, heading, main, note, say, step } from "./lib/terminal.js";

/** This machine only: the accounts' keys are known to everybody. */
const HOST = "127.0.0.1";

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  return fail(`"${text}" is not a port: give a number from 1 to 65535 after --port.`);
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8545" },
      output: { type: "string", default: "deployments/localhost.json" },
      "no-build": { type: "boolean" },
    },
  });
  const port = readPort(values.port);
  heading("Devnet", "a local chain with the whole suite deployed, for dApps and experiments");
  if (!(await isFree(HOST, port))) {
    fail(
      `Port ${port} is taken: stop what listens there, or run \`npm run devnet -- --port 9545\`.`,
    );
  }
  if (values["no-build"] !== true) await build("contracts");

  const node = { network: "node", override: { initialDate: beforeStaking() } };
  const server = await hre.network.createServer(node, HOST, port);
  await server.listen();
  const url = `http://${HOST}:${port}`;
  const connection = await hre.network.create({ network: "localhost", override: { url } });

  // The chain is new each time, so the journal of an earlier one must not be gone on from.
  const deploymentId = `devnet-${port}`;
  const journal = path.join(hre.config.paths.ignition, "deployments", deploymentId);
  await rm(journal, { recursive: true, force: true });

  const suite = await step("Deploying the suite", () => deploySuite(connection, { deploymentId }));
  const accounts = await namedAccounts(connection.ethers);
  const nothing = {
    devices: {},
    keys: {},
    assets: {},
    machines: {},
    operators: {},
    modules: {},
  };
  const context: SeedContext = { connection, suite, accounts, ...nothing };
  for (const part of seed) await step(part.text, () => part.run(context));

  const addresses = await writeAddresses(values.output, url, context);
  console.log();
  say(`Ready: JSON-RPC on ${url}, chain ${addresses.chainId}.`);
  for (const [name, address] of Object.entries(addresses.contracts)) note(`${address}  ${name}`);
  for (const [name, { shares }] of Object.entries(context.machines)) {
    note(`${shares}  shares of the ${name}`);
  }
  say(
    `These addresses, those of ${Object.keys(accounts).join(", ")}, and the devices, data, machines, operators and modules here are in ${values.output}.`,
  );
  say("Try next, in another terminal:");
  if (port === 8545) {
    command("npx hardhat console --network localhost");
    note("and in there, line by line:");
    command("const { ethers } = await network.create()");
    command(
      `const registry = await ethers.getContractAt("DeviceRegistry", "${addresses.contracts.deviceRegistry}")`,
    );
    for (const [name, { deviceId }] of Object.entries(context.devices)) {
      command(`await registry.trustOf("${deviceId}") // the ${name}`);
    }
    note("2n: attested by a verified maker; 0n: self-certified.");
    const { dataset } = context.assets;
    if (dataset !== undefined) {
      const { offerId, price, uses } = dataset.offer;
      const [you, market] = [accounts.deployer.address, addresses.contracts.dataMarket];
      command(`const market = await ethers.getContractAt("DataMarket", "${market}")`);
      command(`const offerId = "${offerId}"`);
      command(
        `await market.buy([offerId, 1, ${price}n, "${you}", ethers.ZeroHash, ethers.ZeroAddress], { value: ${price}n })`,
      );
      command(`await market.canAccess(offerId, "${you}", ${uses}, 0) // true: you bought the data`);
    }
    const { charger, kiosk } = context.machines;
    if (charger !== undefined && kiosk !== undefined) {
      const [bob, offerings] = [accounts.bob.address, addresses.contracts.machineOfferings];
      command(`const shares = await ethers.getContractAt("MachineShares", "${charger.shares}")`);
      command(`await shares.claimable("${bob}", "${NATIVE}") // in wei: Bob's dividend`);
      command(`const offerings = await ethers.getContractAt("MachineOfferings", "${offerings}")`);
      command(
        `await offerings.contribute("${kiosk.shares}", 10, 0, [], { value: ${10n * BigInt(kiosk.price)}n }) // 10 shares of the kiosk`,
      );
    }
    const { alice } = context.operators;
    if (alice !== undefined) {
      const [bob, ids] = [accounts.bob.address, addresses.contracts];
      command(`const pool = await ethers.getContractAt("StakingPool", "${ids.stakingPool}")`);
      command(`await pool.stake(${alice.operator}, 0, { value: 10n ** 18n }) // with Alice`);
      command(
        `const rewards = await ethers.getContractAt("ModuleRewards", "${ids.moduleRewards}")`,
      );
      command(
        `await rewards.claimableOf(${alice.operator}, "${NATIVE}", "${bob}") // in wei: what Bob's stake has earned`,
      );
    }
  }
  command(
    `curl -s ${url} -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'`,
  );
  say("Ctrl-C stops it.");

  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  console.log("\n  Stopping.");
  await connection.close();
  await rm(journal, { recursive: true, force: true });
  // A client may keep its connection open for ever: it does not keep us.
  await Promise.race([server.close(), sleep(1_000)]);
  process.exit(0);
});
