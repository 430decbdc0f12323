import { fileURLToPath } from "node:url";

import type { NetworkConnection } from "hardhat/types/network";

import DeFIoT from "../../deploy/modules/DeFIoT.js";
import { type AccessManager, AccessManager__factory } from "../../typechain-types/index.js";

/** Every contract of the suite, typed, connected to the deployer. */
export interface Suite {
  accessManager: AccessManager;
}

/**
 * `parameters` are by default deploy/parameters/localhost.json. `deploymentId` names the folder under
 * deploy/deployments/ where Ignition keeps its journal; an in-process chain has none.
 */
export type DeployOptions = Pick<
  NonNullable<Parameters<NetworkConnection["ignition"]["deploy"]>[1]>,
  "parameters" | "deploymentId"
>;

const LOCAL_PARAMETERS = fileURLToPath(
  new URL("../../deploy/parameters/localhost.json", import.meta.url),
);

/** Deploys the whole suite with its Ignition module, and gives it back through the typings. */
export async function deploySuite(
  connection: NetworkConnection,
  options: DeployOptions = {},
): Promise<Suite> {
  const deployed = await connection.ignition.deploy(DeFIoT, {
    parameters: LOCAL_PARAMETERS,
    ...options,
  });
  const [deployer] = await connection.ethers.getSigners();
  return {
    accessManager: AccessManager__factory.connect(
      await deployed.accessManager.getAddress(),
      deployer,
    ),
  };
}
