import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { id } from "ethers";

import { Role } from "../roles.js";
import access from "./access.js";

/** Makers, devices and their wallets. The canonical ERC-6551 registry is already on the chain. */
export default buildModule("Identity", (m) => {
  const { accessManager } = m.useModule(access);
  const erc6551Registry = m.getParameter<string>("erc6551Registry");

  const p256Verifier = m.contract("P256Verifier");
  const makerRegistry = m.contract("MakerRegistry", [accessManager]);
  const deviceAccount = m.contract("DeviceAccount");
  const deviceRegistry = m.contract("DeviceRegistry", [
    accessManager,
    makerRegistry,
    deviceAccount,
    erc6551Registry,
    p256Verifier,
  ]);

  const setVerified = id("setVerified(uint32,address,bool)").slice(0, 10);
  m.call(accessManager, "setTargetFunctionRole", [
    makerRegistry,
    [setVerified],
    Role.MAKER_VERIFIER,
  ]);

  return { p256Verifier, makerRegistry, deviceAccount, deviceRegistry };
});
