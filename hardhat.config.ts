import "dotenv/config";

import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import hardhatIgnoreWarnings from "hardhat-ignore-warnings";

/** The compiler comes from npm as WebAssembly: nothing is downloaded at build time. */
const solc = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
};

/** Cancun is the newest EVM that every chain we deploy to surely runs (IoTeX included). */
const evmVersion = "cancun";

const cancun = { type: "edr-simulated", hardfork: evmVersion, chainId: 31337 } as const;

/** `DEEP=1` is `npm run test:deep`: what we run before a release. */
const deep = process.env.DEEP === "1";

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, hardhatIgnoreWarnings],
  solidity: {
    profiles: {
      // The inner loop and the tests: quick to compile.
      default: {
        ...solc,
        settings: { evmVersion, optimizer: { enabled: true, runs: 200 } },
      },
      // What is deployed, and what gas and size are measured on.
      production: {
        ...solc,
        settings: { evmVersion, viaIR: true, optimizer: { enabled: true, runs: 800 } },
      },
    },
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "erc6551/ERC6551Registry.sol",
    ],
  },
  warnings: {
    "*": { default: "off" },
    "contracts/**/*": { default: "error" },
    "test/**/*": { default: "error" },
  },
  paths: {
    ignition: "deploy",
  },
  typechain: {
    outDir: "typechain-types",
  },
  test: {
    solidity: {
      fuzz: { runs: deep ? 10_000 : 256, seed: "0xdef107" },
      invariant: deep ? { runs: 1_000, depth: 128 } : { runs: 32, depth: 64 },
    },
    // A forgotten `.only` would make a green run that tested almost nothing.
    mocha: { timeout: 120_000, forbidOnly: process.env.CI !== undefined },
  },
  // The gate is on what we deploy: test doubles are not measured.
  coverage: {
    skipFiles: ["contracts/mocks/**"],
  },
  networks: {
    // In-process chains, one per EVM generation: `osaka` has the P-256 precompile at 0x100. What Hardhat
    // itself would take for `default` and `node` is its newest, which our targets do not run yet.
    default: cancun,
    node: cancun,
    hardhat: cancun,
    osaka: { ...cancun, hardfork: "osaka" },
    localhost: { type: "http", url: "http://127.0.0.1:8545", chainId: 31337 },
    iotexTestnet: {
      type: "http",
      chainId: 4690,
      url: configVariable("IOTEX_TESTNET_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
    iotex: {
      type: "http",
      chainId: 4689,
      url: configVariable("IOTEX_RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
  },
});
