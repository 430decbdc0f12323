import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { id, ZeroAddress } from "ethers";

import { Role } from "../roles.js";
import access from "./access.js";
import identity from "./identity.js";

/** Data assets, the offers on them, and the market where they are bought, with the tokens of its grants. */
export default buildModule("Data", (m) => {
  const { accessManager } = m.useModule(access);
  const { deviceRegistry } = m.useModule(identity);

  const dataAssets = m.contract("DataAssets", [deviceRegistry]);
  const dataOffers = m.contract("DataOffers", [
    accessManager,
    dataAssets,
    m.getParameter("credits", ZeroAddress),
    m.getParameter("feeBps"),
  ]);
  const dataMarket = m.contract("DataMarket", [
    accessManager,
    dataOffers,
    m.getParameter("treasury"),
  ]);
  const dataGrants = m.contractAt("DataGrants", m.staticCall(dataMarket, "grants"));
  m.call(dataOffers, "bind", [dataMarket]);

  const intake = ["pauseIntake(uint48)", "resumeIntake()"].map((name) => id(name).slice(0, 10));
  m.call(accessManager, "setTargetFunctionRole", [dataMarket, intake, Role.GUARDIAN]);

  return { dataAssets, dataOffers, dataMarket, dataGrants };
});
