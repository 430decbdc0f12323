import { fileURLToPath } from "node:url";

import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import DeFIoT from "../../deploy/modules/DeFIoT.js";
import {
  type AccessManager,
  AccessManager__factory,
  type DataAssets,
  DataAssets__factory,
  type DataGrants,
  DataGrants__factory,
  type DataMarket,
  DataMarket__factory,
  type DataOffers,
  DataOffers__factory,
  type DeviceAccount,
  DeviceAccount__factory,
  type DeviceRegistry,
  DeviceRegistry__factory,
  type IotxBurner,
  IotxBurner__factory,
  type MachineOfferings,
  MachineOfferings__factory,
  type MachineShares,
  MachineShares__factory,
  type MachineVotes,
  MachineVotes__factory,
  type MakerRegistry,
  MakerRegistry__factory,
  type ModuleRegistry,
  ModuleRegistry__factory,
  type ModuleRewards,
  ModuleRewards__factory,
  type P256Verifier,
  P256Verifier__factory,
  type RevenueCollector,
  RevenueCollector__factory,
  type SlashCourt,
  SlashCourt__factory,
  type SplitHub,
  SplitHub__factory,
  type StakingPool,
  StakingPool__factory,
} from "../../typechain-types/index.js";

/** Every contract of the suite, typed, connected to the deployer. */
export interface Suite {
  accessManager: AccessManager;
  p256Verifier: P256Verifier;
  makerRegistry: MakerRegistry;
  /** The code behind every device's wallet; a wallet itself is at `deviceRegistry.accountOf(id)`. */
  deviceAccount: DeviceAccount;
  deviceRegistry: DeviceRegistry;
  dataAssets: DataAssets;
  dataOffers: DataOffers;
  dataMarket: DataMarket;
  /** The tokens of wrapped grants; the market deploys it. */
  dataGrants: DataGrants;
  splitHub: SplitHub;
  machineVotes: MachineVotes;
  /** The code behind every machine's shares; the shares of a machine are a clone of it. */
  machineShares: MachineShares;
  machineOfferings: MachineOfferings;
  revenueCollector: RevenueCollector;
  /** Coin that is sent here is gone. */
  iotxBurner: IotxBurner;
  stakingPool: StakingPool;
  moduleRegistry: ModuleRegistry;
  slashCourt: SlashCourt;
  moduleRewards: ModuleRewards;
}

/**
 * `parameters` are by default deploy/parameters/localhost.json. `deploymentId` names the folder under
 * deploy/deployments/ where Ignition keeps its journal; an in-process chain has none.
 */
export type DeployOptions = Pick<
  NonNullable<Parameters<NetworkConnection["ignition"]["deploy"]>[1]>,
  "parameters" | "deploymentId"
>;

/** Where the ERC-6551 registry is on every public chain. */
export const ERC6551_REGISTRY = "0x000000006551c19487814612e58FE06813775758";

const LOCAL_PARAMETERS = fileURLToPath(
  new URL("../../deploy/parameters/localhost.json", import.meta.url),
);

/** Puts the ERC-6551 registry where public chains have it: it has no constructor and no storage. */
export async function installErc6551Registry(connection: NetworkConnection): Promise<void> {
  const artifact = await hre.artifacts.readArtifact("erc6551/ERC6551Registry.sol:ERC6551Registry");
  await connection.provider.request({
    method: "hardhat_setCode",
    params: [ERC6551_REGISTRY, artifact.deployedBytecode],
  });
}

/** Deploys the whole suite on a local chain with its Ignition module, and gives it back through the typings. */
export async function deploySuite(
  connection: NetworkConnection,
  options: DeployOptions = {},
): Promise<Suite> {
  await installErc6551Registry(connection);
  const deployed = await connection.ignition.deploy(DeFIoT, {
    parameters: LOCAL_PARAMETERS,
    ...options,
  });
  const [deployer] = await connection.ethers.getSigners();
  const at = (name: keyof Suite): Promise<string> => deployed[name].getAddress();
  return {
    accessManager: AccessManager__factory.connect(await at("accessManager"), deployer),
    p256Verifier: P256Verifier__factory.connect(await at("p256Verifier"), deployer),
    makerRegistry: MakerRegistry__factory.connect(await at("makerRegistry"), deployer),
    deviceAccount: DeviceAccount__factory.connect(await at("deviceAccount"), deployer),
    deviceRegistry: DeviceRegistry__factory.connect(await at("deviceRegistry"), deployer),
    dataAssets: DataAssets__factory.connect(await at("dataAssets"), deployer),
    dataOffers: DataOffers__factory.connect(await at("dataOffers"), deployer),
    dataMarket: DataMarket__factory.connect(await at("dataMarket"), deployer),
    dataGrants: DataGrants__factory.connect(await at("dataGrants"), deployer),
    splitHub: SplitHub__factory.connect(await at("splitHub"), deployer),
    machineVotes: MachineVotes__factory.connect(await at("machineVotes"), deployer),
    machineShares: MachineShares__factory.connect(await at("machineShares"), deployer),
    machineOfferings: MachineOfferings__factory.connect(await at("machineOfferings"), deployer),
    revenueCollector: RevenueCollector__factory.connect(await at("revenueCollector"), deployer),
    iotxBurner: IotxBurner__factory.connect(await at("iotxBurner"), deployer),
    stakingPool: StakingPool__factory.connect(await at("stakingPool"), deployer),
    moduleRegistry: ModuleRegistry__factory.connect(await at("moduleRegistry"), deployer),
    slashCourt: SlashCourt__factory.connect(await at("slashCourt"), deployer),
    moduleRewards: ModuleRewards__factory.connect(await at("moduleRewards"), deployer),
  };
}
