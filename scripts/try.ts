import hre from "hardhat";
import { deploySuite } from "./lib/deploy.js";
import { namedAccounts } from "./lib/accounts.js";
import { identity } from "./gas/identity.js";
const want = process.argv[2] ?? "register, self-certified, owner sends";
const row = identity.find((r) => r.name === want)!;
const connection = await hre.network.create(row.network ?? "default");
const ctx = {
  connection,
  accounts: await namedAccounts(connection.ethers),
  suite: await deploySuite(connection),
};
const tx = await row.measure(ctx);
const trace: any = await connection.provider.request({
  method: "debug_traceTransaction",
  params: [tx.hash, { disableStorage: true, disableMemory: true, disableStack: false }],
});
const by: Record<string, [number, number]> = {};
const logs = trace.structLogs;
for (let i = 0; i < logs.length; i++) {
  const l = logs[i];
  const k = l.op;
  by[k] ??= [0, 0];
  by[k][0]++;
  by[k][1] += Number(l.gasCost);
}
console.log(
  Object.entries(by)
    .sort((a, b) => b[1][1] - a[1][1])
    .slice(0, 40)
    .map(([k, [n, g]]) => `${k} n=${n} g=${g}`)
    .join("\n"),
);
console.log(logs.length, trace.gas);
import { readdirSync, readFileSync } from "node:fs";
const dir = "artifacts/build-info/";
const art = JSON.parse(
  readFileSync("artifacts/contracts/identity/DeviceRegistry.sol/DeviceRegistry.json", "utf8"),
);
const out = JSON.parse(readFileSync(dir + art.buildInfoId + ".output.json", "utf8")).output;
const src = JSON.parse(readFileSync(dir + art.buildInfoId + ".json", "utf8")).input.sources;
const file = Object.keys(out.contracts).find((f) => f.endsWith("identity/DeviceRegistry.sol"))!;
const dep = out.contracts[file].DeviceRegistry.evm.deployedBytecode;
const code = Buffer.from(dep.object.replace(/__\$.*?\$__/g, "0".repeat(40)), "hex");
const pcToIdx = new Map<number, number>();
for (let pc = 0, i = 0; pc < code.length; pc++, i++) {
  pcToIdx.set(pc, i);
  const op = code[pc]!;
  if (op >= 0x60 && op <= 0x7f) pc += op - 0x5f;
}
let s = 0,
  l = 0,
  f = 0;
const map: [number, number, number][] = [];
for (const e of dep.sourceMap.split(";")) {
  const p = e.split(":");
  if (p[0]) s = +p[0];
  if (p[1]) l = +p[1];
  if (p[2]) f = +p[2];
  map.push([s, l, f]);
}
const ids: Record<number, string> = {};
for (const [n, v] of Object.entries<any>(out.sources)) ids[v.id] = n;
const agg: Record<string, number> = {};
for (const lg of logs) {
  if (lg.depth !== logs[0].depth) continue;
  if (["SSTORE", "SLOAD", "STATICCALL", "LOG3", "LOG4", "CALL"].includes(lg.op)) continue;
  const m = map[pcToIdx.get(lg.pc)!];
  if (!m) continue;
  const name = ids[m[2]] ?? "gen";
  const text = name === "gen" ? "" : (src[name]?.content ?? "").slice(0, m[0]);
  const line = text.split("\n").length;
  const k = name.split("/").pop() + ":" + line;
  agg[k] = (agg[k] ?? 0) + Number(lg.gasCost);
}
const tot = Object.values(agg).reduce((a, b) => a + b, 0);
console.log("compute", tot);
console.log(
  Object.entries(agg)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 45)
    .map(([k, g]) => k + " " + g)
    .join("\n"),
);
