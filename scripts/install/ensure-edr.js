// Hardhat's engine (EDR) ships one native package per platform. npm running on Node 20 leaves that
// package out, because it asks for Node 22, although the project itself runs on the Node 22 that npm
// installs as a dev dependency. Here, already on that Node 22, we let npm fetch what it left out.
// Where the engine is already there this does nothing. Plain JavaScript: it runs before any build.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

function engineLoads() {
  // A child process each time: a failed native load is cached for the life of a process.
  const probe = 'require("@nomicfoundation/edr")';
  return spawnSync(process.execPath, ["-e", probe], { stdio: "ignore" }).status === 0;
}

// Absent when somebody installs without dev dependencies: then there is nothing to repair.
const engineIsInstalled = existsSync("node_modules/@nomicfoundation/edr");

if (engineIsInstalled && !engineLoads()) {
  console.log("Fetching Hardhat's native engine, which npm skips on Node 20 ...");
  const npm = process.env.npm_execpath;
  if (npm !== undefined) {
    const flags = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    spawnSync(process.execPath, [npm, ...flags], { stdio: "inherit" });
  }
  if (!engineLoads()) {
    console.error(
      "Hardhat's native engine is still missing: install Node 22.13 or newer and run `npm ci` again.",
    );
    process.exit(1);
  }
}
