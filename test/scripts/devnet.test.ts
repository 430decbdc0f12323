import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { expect } from "chai";
import { JsonRpcProvider, parseEther, ZeroAddress, ZeroHash } from "ethers";
import hre from "hardhat";

import type { Addresses } from "../../scripts/devnet/addresses.js";
import type { SeededAsset, SeededMachine } from "../../scripts/devnet/seed.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { OfferingStatus, Stage } from "../../scripts/lib/ownership/machines.js";
import { MAGNITUDE } from "../../scripts/lib/staking/modules.js";
import { Trust } from "../../scripts/lib/vocabulary.js";
import {
  DataMarket__factory,
  DeviceRegistry__factory,
  MachineOfferings__factory,
  MachineShares__factory,
  ModuleRegistry__factory,
  ModuleRewards__factory,
  StakingPool__factory,
} from "../../typechain-types/index.js";

/** Enough to go through any history. */
const ALL = 2n ** 256n - 1n;

type Devnet = ReturnType<typeof startDevnet>;

function startDevnet(port: number, output: string) {
  // Without a build: it would replace the artifacts that the tests of this process run on.
  const options = ["--no-build", "--port", String(port), "--output", output];
  const args = ["--import", "tsx", "scripts/devnet.ts", ...options];
  // Coverage is of this process's tests; a child would write its own report over ours.
  const env = { ...process.env, HARDHAT_COVERAGE: "false", CI: "true" };
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
}

async function untilReady(devnet: Devnet): Promise<void> {
  for await (const line of createInterface({ input: devnet.stdout })) {
    if (!line.includes("Ready: JSON-RPC")) continue;
    devnet.stdout.resume();
    return;
  }
  throw new Error("The devnet ended before it was ready");
}

/** A server on a port that the system chose, until `close`. */
async function listenAnywhere(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No TCP address");
  const close = async (): Promise<unknown> => {
    server.close();
    return once(server, "close");
  };
  return { port: address.port, close };
}

/** Buys a unit of what is for sale, as the node's first account, and says whether that opens it to him. */
async function buyAndAsk(
  provider: JsonRpcProvider,
  market: string,
  { offer: { offerId, price, uses } }: SeededAsset,
): Promise<boolean> {
  const buyer = await provider.getSigner(0);
  const dataMarket = DataMarket__factory.connect(market, buyer);
  const purchase = {
    offerId,
    units: 1,
    maxPay: price,
    recipient: buyer.address,
    encryptionKey: ZeroHash,
    referrer: ZeroAddress,
  };
  await (await dataMarket.buy(purchase, { value: price })).wait();
  const { start } = await dataMarket.grantOf(offerId, buyer.address);
  return dataMarket.canAccess(offerId, buyer.address, uses, start);
}

/** Has a holder's dividend paid to him by the node's first account, and says how much that was, in wei. */
async function claimFor(
  provider: JsonRpcProvider,
  { shares, operator }: SeededMachine,
  holder: string,
): Promise<bigint> {
  const payer = await provider.getSigner(0);
  const machine = MachineShares__factory.connect(shares, payer);
  expect(await machine.stage()).to.equal(BigInt(Stage.Active));
  expect(await machine.operator()).to.equal(operator);
  const receipt = await (await machine.claimFor(holder, NATIVE, ALL)).wait();
  if (!receipt) throw new Error("Nothing was claimed");
  // By block: the provider remembers for a moment what a balance was.
  const before = await provider.getBalance(holder, receipt.blockNumber - 1);
  return (await provider.getBalance(holder, receipt.blockNumber)) - before;
}

/** Takes ten shares of what is on sale, as the node's first account, and says how many it holds. */
async function takeTen(
  provider: JsonRpcProvider,
  offerings: string,
  { shares, price }: SeededMachine,
): Promise<bigint> {
  const buyer = await provider.getSigner(0);
  const sale = MachineOfferings__factory.connect(offerings, buyer);
  expect(await sale.statusOf(shares)).to.equal(BigInt(OfferingStatus.Open));
  await (await sale.contribute(shares, 10, 0, [], { value: 10n * BigInt(price) })).wait();
  return MachineShares__factory.connect(shares, provider).balanceOf(buyer);
}

/** Stakes a coin with Ivan, as the node's first account, and says what its shares are worth. */
async function stakeOne(
  provider: JsonRpcProvider,
  { contracts, operators }: Addresses,
): Promise<bigint> {
  const staker = await provider.getSigner(0);
  const pool = StakingPool__factory.connect(contracts.stakingPool ?? "", staker);
  const operator = operators.ivan?.operator ?? 0;
  await (await pool.stake(operator, 0, { value: parseEther("1") })).wait();
  return pool.stakeOf(operator, staker);
}

/** What Alice's work for the oracle is, and what of its reward Bob can claim. */
async function checkOracle(
  provider: JsonRpcProvider,
  { accounts, contracts, modules, operators }: Addresses,
): Promise<void> {
  const registry = ModuleRegistry__factory.connect(contracts.moduleRegistry ?? "", provider);
  const { alice, ivan } = operators;
  const oracle = modules.oracle?.module ?? 0;
  if (alice === undefined || ivan === undefined) throw new Error("There are no operators");
  expect([alice.owner, ivan.owner]).to.deep.equal([accounts.alice, accounts.ivan]);
  const { membership, previous, current } = await registry.allocationOf(alice.operator, oracle);
  expect([membership, previous, current]).to.deep.equal([2n, MAGNITUDE / 2n, MAGNITUDE / 2n]);
  // Half of the 1,500 coins with Alice.
  expect(await registry.slashableOf(alice.operator, oracle)).to.equal(parseEther("750"));
  const asked = await registry.allocationOf(ivan.operator, oracle);
  expect(asked.membership, "Ivan has asked").to.equal(1n);
  // 100 coins, of which 5 % were burned, 10 % of the rest are Alice's and of that rest a sixth for her bond; and Bob
  // has two thirds of the stake.
  const rewards = ModuleRewards__factory.connect(contracts.moduleRewards ?? "", provider);
  const due = await rewards.claimableOf(alice.operator, NATIVE, accounts.bob ?? "");
  expect(due.claimable).to.be.closeTo(parseEther("47.5"), 1n);
}

describe("the devnet", () => {
  before(function () {
    // Artifacts instrumented for coverage are over the size limit that a chain outside this process keeps.
    if (hre.globalOptions.coverage) this.skip();
  });

  it("has the suite deployed, says where, and stops on Ctrl-C", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "defiot-"));
    const output = path.join(folder, "localhost.json");
    const { port, close } = await listenAnywhere();
    await close();
    const devnet = startDevnet(port, output);
    try {
      const started = performance.now();
      await untilReady(devnet);
      expect(performance.now() - started).to.be.lessThan(20_000);

      const addresses = JSON.parse(await readFile(output, "utf8")) as Addresses;
      const { url, chainId, contracts, accounts, devices, assets, machines } = addresses;
      expect(url).to.equal(`http://127.0.0.1:${port}`);
      expect(accounts).to.include.keys("deployer", "admin", "maker", "alice");
      expect(contracts).to.include.keys("accessManager");
      expect(devices).to.have.all.keys("station", "logger", "phone", "charger", "kiosk");
      const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true });
      for (const [name, address] of Object.entries(contracts)) {
        expect(await provider.getCode(address), `${name} has code`).not.to.equal("0x");
      }
      expect(assets).to.have.all.keys("dataset", "stream");
      const { dataset, stream } = assets;
      if (dataset === undefined || stream === undefined) throw new Error("No data is for sale");
      const market = contracts.dataMarket ?? "";
      expect(await buyAndAsk(provider, market, dataset), "the dataset was bought").to.be.true;
      expect(await buyAndAsk(provider, market, stream), "today was subscribed to").to.be.true;

      expect(machines).to.have.all.keys("charger", "kiosk");
      const { charger, kiosk } = machines;
      if (charger === undefined || kiosk === undefined) throw new Error("No machine is here");
      // 12.5 coins were paid: 80 % of them are the holders', and Bob has 500 of the 1,000 shares that earn.
      const dividend = await claimFor(provider, charger, accounts.bob ?? "");
      expect(dividend, "Bob's dividend").to.equal(parseEther("5"));
      const { machineOfferings = "", deviceRegistry = "" } = contracts;
      expect(await takeTen(provider, machineOfferings, kiosk), "shares of the kiosk").to.equal(10n);
      const registry = DeviceRegistry__factory.connect(deviceRegistry, provider);
      for (const { deviceId } of [charger, kiosk]) {
        const { owner } = Object.values(devices).find((its) => its.deviceId === deviceId) ?? {};
        expect(await registry.ownerOf(deviceId)).to.equal(owner);
        expect(await registry.trustOf(deviceId)).to.equal(Trust.AttestedByVerifiedMaker);
      }

      expect(addresses.operators).to.have.all.keys("alice", "ivan");
      expect(addresses.modules).to.have.all.keys("storage", "compute", "oracle");
      await checkOracle(provider, addresses);
      expect(await stakeOne(provider, addresses), "stake with Ivan").to.equal(parseEther("1"));
      // Staking took weeks, which are over: the chain's time is everybody's.
      const block = await provider.getBlock("latest");
      expect(block?.timestamp).to.be.closeTo(Math.floor(Date.now() / 1000), 600);
      provider.destroy();

      const exited = once(devnet, "exit");
      devnet.kill("SIGINT");
      expect(await exited).to.deep.equal([0, null]);
    } finally {
      devnet.kill();
      await rm(folder, { recursive: true });
    }
  });

  it("says in one sentence that its port is taken", async () => {
    const taken = await listenAnywhere();
    const devnet = startDevnet(taken.port, "unused.json");
    let said = "";
    devnet.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(devnet, "close")).to.deep.equal([1, null]);
    expect(said.trim()).to.equal(
      `Failed. Port ${taken.port} is taken: stop what listens there, or run \`npm run devnet -- --port 9545\`.`,
    );
    await taken.close();
  });
});
