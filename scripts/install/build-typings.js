// Runs after `npm install` and `npm ci`: builds what is deployed, so that typechain-types/ exists, a first
// `import` from it works and `npm run demo` starts at once. Plain JavaScript, because it must also run
// where nothing is installed yet.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

// Absent when somebody installs without dev dependencies, or only writes the lock file.
const tsx = "node_modules/tsx/dist/cli.mjs";
const canBuild = existsSync(tsx) && existsSync("node_modules/hardhat");

if (canBuild) {
  const build = spawnSync(process.execPath, [tsx, "scripts/build.ts", "--production"], {
    stdio: "inherit",
  });
  if (build.status !== 0) {
    console.error(
      "The packages are installed, but the first build failed: run `npm run build -- --production` to see why.",
    );
    process.exit(1);
  }
}
