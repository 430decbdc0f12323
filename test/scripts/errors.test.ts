import { expect } from "chai";
import { type Interface, parseEther, ZeroHash } from "ethers";
import hre from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite } from "../../scripts/lib/deploy.js";
import {
  decodeError,
  describeError,
  explainRefusal,
  revertDataOf,
} from "../../scripts/lib/errors.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import {
  DataMarket__factory,
  DeviceAccount__factory,
  MachineOfferings__factory,
  MachineShares__factory,
  MachineVotes__factory,
  ModuleRegistry__factory,
  ModuleRewards__factory,
  SlashCourt__factory,
  SplitHub__factory,
  SplitReceiver__factory,
  StakingPool__factory,
} from "../../typechain-types/index.js";

const exceeded = DeviceAccount__factory.createInterface().encodeErrorResult(
  "DeviceAccountAllowanceExceeded",
  [NATIVE, parseEther("1.5"), 2n],
);

/** One error of each contract of the ownership domain, and one of the library behind the shares. */
const OWNERSHIP: readonly (readonly [contract: Interface, error: string, args: unknown[]])[] = [
  [MachineOfferings__factory.createInterface(), "MachineOfferingsNotStarted", [1]],
  [MachineShares__factory.createInterface(), "MachineSharesWrongStage", [2]],
  [MachineShares__factory.createInterface(), "DividendLedgerWrongPhase", [2]],
  [MachineVotes__factory.createInterface(), "MachineVotesBelowFloor", [1, 2]],
  [SplitHub__factory.createInterface(), "SplitHubInvalidId", [ZeroHash]],
  [SplitReceiver__factory.createInterface(), "SplitReceiverUnauthorized", [NATIVE]],
];

/** One error of each contract of the staking domain. */
const STAKING: typeof OWNERSHIP = [
  [StakingPool__factory.createInterface(), "StakingPoolPendingSlash", [1, 2, 0]],
  [ModuleRegistry__factory.createInterface(), "ModuleRegistryOverAllocated", [1, 2, 3]],
  [ModuleRewards__factory.createInterface(), "ModuleRewardsNobodyEarns", [1, 2]],
  [SlashCourt__factory.createInterface(), "SlashCourtWrongStatus", [1, 2]],
];

describe("decoding a refusal", () => {
  it("knows the errors of every contract, and Solidity's own", () => {
    const error = decodeError(exceeded);
    expect(error && describeError(error)).to.equal(
      "DeviceAccountAllowanceExceeded(currency 0xEeee…EEeE, requested 1.5e18, remaining 2)",
    );
    const stale = DataMarket__factory.createInterface().encodeErrorResult(
      "DataMarketStaleOffer",
      [0, 1],
    );
    expect(decodeError(stale)?.name).to.equal("DataMarketStaleOffer");
    for (const [contract, error, args] of [...OWNERSHIP, ...STAKING]) {
      expect(decodeError(contract.encodeErrorResult(error, args))?.name).to.equal(error);
    }
    expect(decodeError(`0x4e487b71${"11".padStart(64, "0")}`)?.name).to.equal("Panic");
    expect(decodeError("0x12345678")).to.equal(undefined);
  });

  it("finds the data wherever a provider puts it", () => {
    for (const thrown of [
      { data: exceeded },
      { data: { data: exceeded, message: "reverted" } },
      { info: { error: { data: exceeded } } },
      { cause: { error: { data: exceeded } } },
    ]) {
      expect(revertDataOf(thrown)).to.equal(exceeded);
    }
    expect(revertDataOf({ data: "0x" })).to.equal(undefined);
    expect(revertDataOf("reverted")).to.equal(undefined);
  });

  it("asks again where a node gave no reason, and copes where there is none", async () => {
    const connection = await hre.network.create();
    const { makerRegistry } = await deploySuite(connection);
    const { stranger } = await namedAccounts(connection.ethers);
    const { provider } = connection.ethers;
    const silent = new Error("execution reverted");
    const call = await makerRegistry.setVerified.populateTransaction(1, stranger.address, true);
    const again = { ...call, from: stranger.address };
    const reason = await explainRefusal(silent, provider, again);
    expect(reason?.name).to.equal("AccessManagedUnauthorized");
    expect([...(reason?.args ?? [])]).to.deep.equal([stranger.address]);

    const harmless = { to: stranger.address, from: stranger.address };
    expect(await explainRefusal(silent, provider, harmless)).to.equal(undefined);
  });

  it("does not take a broken connection for a refusal", async () => {
    const { ethers } = await hre.network.create();
    const broken = new Error("connection lost");
    await expect(explainRefusal(broken, ethers.provider, {})).to.be.rejectedWith("connection lost");
  });
});
