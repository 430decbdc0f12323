import { concat, keccak256, sha256, toBeHex, type TransactionResponse } from "ethers";

import {
  type DeviceAccount,
  type ElectricityMeter,
  ElectricityMeter__factory,
  type MockERC20,
  MockERC20__factory,
} from "../../typechain-types/index.js";
import { type DeviceKey, P256Key, Secp256k1Key } from "../lib/deviceKey.js";
import { prepareRegistration, prepareSpending, prepareWallet, walletOf } from "../lib/devices.js";
import {
  type Attestation,
  Batch,
  deviceDomain,
  type Heartbeat,
  KEY_ROTATION,
  NATIVE,
  NEVER,
  NO_ATTESTATION,
  type Registration,
  registrationOf,
  signAttestation,
  signHeartbeat,
  signRegistration,
} from "../lib/identity.js";
import { signAsDevice } from "../lib/typedData.js";
import { rootOver } from "./merkle.js";
import type { GasContext, GasRow } from "./types.js";

const MODEL = keccak256("0x6d6f64656c");
const DOCUMENT = {
  documentHash: keccak256("0x646f63756d656e74"),
  documentURI: "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
};
const MAKER = 1;
const FIRMWARE = keccak256("0x6669726d77617265");
/** A batch proof has as many nodes as the tree has levels: 2^20 devices. */
const LEVELS = 20;
const MANY = 50;
const DAY = 86_400;
const COIN = 10n ** 18n;
/** Stands for a plain payment in a policy. */
const PAYMENT = "0x00000000";
const REASON = "Rain gauge clogs";

/** The same keys in every run, so that a figure changes only when a contract does. */
function logger(index: number): Secp256k1Key {
  return new Secp256k1Key(sha256(toBeHex(index, 32)));
}

/** Registers a device for Alice, or whom the row names. */
async function register(
  { suite, accounts }: GasContext,
  key: DeviceKey,
  registration: Partial<Registration> = {},
  attestation: Attestation = NO_ATTESTATION,
  { owner = accounts.alice, relayed = false } = {},
): Promise<TransactionResponse> {
  const claim = { key, owner, registration, attestation, relayed };
  const transaction = await prepareRegistration(suite.deviceRegistry, claim);
  return (relayed ? accounts.relayer : owner).sendTransaction(transaction);
}

/** Alice's first device: the figures are those of an owner's second, when her balance is not zero. */
async function firstDevice(context: GasContext): Promise<Secp256k1Key> {
  const key = logger(1);
  await register(context, key);
  return key;
}

/** What most registrations are about: a model and a document. */
const DESCRIBED: Partial<Registration> = { modelHash: MODEL, ...DOCUMENT };

async function registerMaker({ suite, accounts }: GasContext): Promise<void> {
  const maker = suite.makerRegistry.connect(accounts.maker);
  await maker.register("Cascade Instruments", "https://cascade.example", accounts.maker.address);
}

async function makerSigned({ suite, accounts }: GasContext, key: DeviceKey): Promise<Attestation> {
  return signAttestation(suite.makerRegistry, accounts.maker, {
    makerId: MAKER,
    lot: 1,
    keyHash: key.keyHash,
    modelHash: MODEL,
    deadline: NEVER,
  });
}

/** A batch of 2^20 devices: one leaf and the 20 nodes beside its way up, which is all the chain sees of it. */
async function batchOf2To20({ suite, accounts }: GasContext, key: DeviceKey): Promise<Attestation> {
  const leaf = new Batch([{ keyHash: key.keyHash, modelHash: MODEL }]).root;
  const nodes = Array.from({ length: LEVELS }, (_, level) => keccak256(toBeHex(level, 32)));
  const root = rootOver(leaf, nodes);
  const maker = suite.makerRegistry.connect(accounts.maker);
  await maker.publishBatch(MAKER, root, 2 ** LEVELS, "ipfs://batch");
  return concat([toBeHex(2, 3), ...nodes]);
}

/** Registers a key in the way a row is about, after everything that the row takes for granted. */
function registration(
  keyOf: () => DeviceKey | Promise<DeviceKey>,
  sender: "owner" | "relayer",
  attest?: (context: GasContext, key: DeviceKey) => Promise<Attestation>,
): GasRow["measure"] {
  return async (context) => {
    await firstDevice(context);
    const key = await keyOf();
    const relayed = sender === "relayer";
    if (attest === undefined) return register(context, key, DESCRIBED, NO_ATTESTATION, { relayed });
    await registerMaker(context);
    const attestation = await attest(context, key);
    return register(context, key, { ...DESCRIBED, makerId: MAKER }, attestation, { relayed });
  };
}

function fleet(document: boolean): GasRow["measure"] {
  return async (context) => {
    await firstDevice(context);
    const { deviceRegistry } = context.suite;
    const { alice } = context.accounts;
    const claims = await Promise.all(
      Array.from({ length: MANY }, async (_, index) => {
        const key = logger(100 + index);
        const item = registrationOf(key, alice.address, {
          modelHash: MODEL,
          ...(document ? DOCUMENT : {}),
        });
        const deviceSignature = await signRegistration(deviceRegistry, key, item);
        return {
          registration: item,
          deviceSignature,
          ownerSignature: "0x",
          attestation: NO_ATTESTATION,
        };
      }),
    );
    return deviceRegistry.connect(alice).registerMany(claims);
  };
}

async function beat(context: GasContext, key: DeviceKey, timestamp: number): Promise<Heartbeat> {
  return signHeartbeat(context.suite.deviceRegistry, key, {
    deviceId: key.deviceId,
    timestamp,
    firmwareHash: FIRMWARE,
  });
}

async function now({ connection }: GasContext): Promise<number> {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The chain has no block");
  return block.timestamp;
}

/** A row about Alice's device, as its owner. */
function ownerAct(
  act: (
    registry: GasContext["suite"]["deviceRegistry"],
    deviceId: bigint,
    context: GasContext,
  ) => Promise<TransactionResponse>,
  before?: (
    registry: GasContext["suite"]["deviceRegistry"],
    deviceId: bigint,
    context: GasContext,
  ) => Promise<unknown>,
): GasRow["measure"] {
  return async (context) => {
    const { deviceId } = await firstDevice(context);
    const registry = context.suite.deviceRegistry.connect(context.accounts.alice);
    await before?.(registry, deviceId, context);
    return act(registry, deviceId, context);
  };
}

/** A row about a maker with a signer, as its owner. */
function makerAct(
  act: (
    registry: GasContext["suite"]["makerRegistry"],
    context: GasContext,
  ) => Promise<TransactionResponse>,
): GasRow["measure"] {
  return async (context) => {
    await registerMaker(context);
    return act(context.suite.makerRegistry.connect(context.accounts.maker), context);
  };
}

/** A rotation of Alice's device to another secp256k1 key: agreed to by the old one, or announced a week ago. */
function rotation(announced: boolean): GasRow["measure"] {
  return ownerAct(async (registry, deviceId, context) => {
    const [oldKey, newKey] = [logger(1), logger(2)];
    if (announced) {
      await registry.announceKeyRotation(deviceId, newKey.keyHash);
      await context.connection.networkHelpers.time.increase(7 * DAY);
    }
    const signed = {
      deviceId,
      oldKeyHash: oldKey.keyHash,
      newKeyHash: newKey.keyHash,
      nonce: 0,
      deadline: NEVER,
    };
    const domain = await deviceDomain(registry);
    const sign = (key: DeviceKey): Promise<string> =>
      signAsDevice(key, domain, KEY_ROTATION, signed);
    return registry.rotateKey(
      { deviceId, newKeyType: newKey.keyType, newKey: newKey.key, deadline: NEVER },
      await sign(newKey),
      announced ? "0x" : await sign(oldKey),
      "0x",
    );
  });
}

interface Purse {
  key: Secp256k1Key;
  wallet: DeviceAccount;
  token: MockERC20;
  meter: ElectricityMeter;
}

/** Alice's device with its wallet, and coin and a token in it. */
async function purse({ accounts, suite }: GasContext, key: Secp256k1Key): Promise<Purse> {
  await accounts.relayer.sendTransaction(await prepareWallet(suite.deviceRegistry, key.deviceId));
  const wallet = (await walletOf(suite.deviceRegistry, key.deviceId)).connect(accounts.alice);
  await accounts.alice.sendTransaction({ to: wallet, value: COIN });
  const token = await new MockERC20__factory(accounts.alice).deploy(18);
  await token.mint(wallet, COIN);
  const meter = await new ElectricityMeter__factory(accounts.alice).deploy(token, COIN, COIN);
  return { key, wallet, token, meter };
}

/** Lets the device pay Bob and its electricity, in coin and in the token. */
async function setPolicy(
  { accounts, connection }: GasContext,
  { wallet, token, meter }: Purse,
): Promise<TransactionResponse> {
  const expiry = (await connection.networkHelpers.time.latest()) + 30 * DAY;
  const chargeInToken = meter.interface.getFunction("chargeInToken").selector;
  return wallet.setPolicy(
    DAY,
    expiry,
    [
      { target: accounts.bob, selector: PAYMENT },
      { target: meter, selector: chargeInToken },
    ],
    [
      { currency: NATIVE, amount: COIN },
      { currency: token, amount: COIN },
    ],
  );
}

/** A row about the wallet of Alice's device, as its owner. */
function walletAct(
  act: (its: Purse, context: GasContext) => Promise<TransactionResponse>,
): GasRow["measure"] {
  return async (context) => act(await purse(context, await firstDevice(context)), context);
}

/** The device's second payment of a day: relayed, within its policy. */
function spending(
  request: (its: Purse, context: GasContext) => { target: string; currency: string; data: string },
): GasRow["measure"] {
  return walletAct(async (its, context) => {
    await (await setPolicy(context, its)).wait();
    const pay = async (): Promise<TransactionResponse> => {
      const part = { ...request(its, context), maximum: COIN / 10n, deadline: NEVER };
      const spend = await prepareSpending(its.wallet, its.key, part);
      return context.accounts.relayer.sendTransaction(spend);
    };
    await pay();
    return pay();
  });
}

/** What makers, owners and devices do with their identities. */
export const identity: readonly GasRow[] = [
  {
    name: "register, self-certified, owner sends",
    ceiling: 122_000,
    measure: registration(() => logger(2), "owner"),
  },
  {
    name: "register, self-certified, relayed",
    ceiling: 130_000,
    measure: registration(() => logger(2), "relayer"),
  },
  {
    name: "register, maker-signed, owner sends",
    ceiling: 137_000,
    measure: registration(() => logger(2), "owner", makerSigned),
  },
  {
    name: "register, maker-signed, relayed",
    ceiling: 144_000,
    measure: registration(() => logger(2), "relayer", makerSigned),
  },
  {
    name: "register, batch proof of 2^20, owner sends",
    ceiling: 143_000,
    measure: registration(() => logger(2), "owner", batchOf2To20),
  },
  {
    name: "register, batch proof of 2^20, relayed",
    ceiling: 150_000,
    measure: registration(() => logger(2), "relayer", batchOf2To20),
  },
  {
    name: "register, P-256 with precompile, owner sends",
    ceiling: 185_000,
    network: "osaka",
    measure: registration(() => P256Key.generate(), "owner"),
  },
  {
    name: "registerMany, each of 50, with document",
    ceiling: 90_000,
    items: MANY,
    measure: fleet(true),
  },
  {
    name: "registerMany, each of 50, without document",
    ceiling: 68_000,
    items: MANY,
    measure: fleet(false),
  },
  {
    name: "heartbeat",
    ceiling: 41_000,
    measure: async (context) => {
      const key = await firstDevice(context);
      const first = await now(context);
      const registry = context.suite.deviceRegistry.connect(context.accounts.relayer);
      await registry.heartbeat(await beat(context, key, first));
      return registry.heartbeat(await beat(context, key, first + 1));
    },
  },
  {
    name: "heartbeats, each of 50",
    ceiling: 16_000,
    items: MANY,
    measure: async (context) => {
      const keys = Array.from({ length: MANY }, (_, index) => logger(100 + index));
      for (const key of keys) {
        await register(context, key);
      }
      const time = await now(context);
      const beats = await Promise.all(keys.map((key) => beat(context, key, time)));
      return context.suite.deviceRegistry.connect(context.accounts.relayer).heartbeats(beats);
    },
  },
  {
    name: "transfer to a holder",
    ceiling: 50_000,
    measure: async (context) => {
      const { alice, bob } = context.accounts;
      const key = await firstDevice(context);
      await register(context, logger(2));
      await register(context, logger(3), {}, NO_ATTESTATION, { owner: bob });
      const registry = context.suite.deviceRegistry;
      return registry.connect(alice).transferFrom(alice, bob, key.deviceId);
    },
  },
  {
    name: "publish a batch",
    ceiling: 70_000,
    measure: async (context) => {
      await registerMaker(context);
      const maker = context.suite.makerRegistry.connect(context.accounts.maker);
      return maker.publishBatch(MAKER, MODEL, 1_000, DOCUMENT.documentURI);
    },
  },
  {
    name: "attest a registered device, batch proof of 2^20",
    ceiling: 64_000,
    measure: ownerAct(async (registry, deviceId, context) => {
      await registerMaker(context);
      const attestation = await batchOf2To20(context, logger(1));
      const acceptance = { deviceId, makerId: MAKER, modelHash: MODEL, deadline: NEVER };
      return registry.attest(acceptance, attestation, "0x");
    }),
  },
  {
    name: "suspend",
    ceiling: 33_000,
    measure: ownerAct((registry, deviceId) => registry.suspend(deviceId)),
  },
  {
    name: "resume",
    ceiling: 33_000,
    measure: ownerAct(async (registry, deviceId) => {
      await registry.suspend(deviceId);
      return registry.resume(deviceId);
    }),
  },
  {
    name: "retire",
    ceiling: 60_000,
    measure: ownerAct((registry, deviceId) => registry.retire(deviceId)),
  },
  {
    name: "announce a key rotation",
    ceiling: 77_000,
    measure: ownerAct((registry, deviceId) =>
      registry.announceKeyRotation(deviceId, logger(2).keyHash),
    ),
  },
  { name: "rotate the key, old key agrees", ceiling: 127_000, measure: rotation(false) },
  { name: "rotate the key, announced", ceiling: 118_000, measure: rotation(true) },
  {
    name: "set the document",
    ceiling: 55_000,
    measure: ownerAct((registry, deviceId) =>
      registry.setDocument(deviceId, DOCUMENT.documentHash, DOCUMENT.documentURI),
    ),
  },
  {
    name: "set the user",
    ceiling: 55_000,
    measure: ownerAct((registry, deviceId, { accounts }) =>
      registry.setUser(deviceId, accounts.bob, NEVER),
    ),
  },
  {
    name: "grant permissions",
    ceiling: 55_000,
    measure: ownerAct((registry, deviceId, { accounts }) =>
      registry.grantPermissions(deviceId, accounts.bob, 7, NEVER),
    ),
  },
  {
    name: "revoke all grants",
    ceiling: 33_000,
    measure: ownerAct((registry, deviceId) => registry.revokeAllGrants(deviceId)),
  },
  {
    name: "fix the revenue payee",
    ceiling: 54_000,
    measure: ownerAct((registry, deviceId, { accounts }) =>
      registry.setRevenuePayee(deviceId, accounts.bob),
    ),
  },
  {
    name: "create the wallet",
    ceiling: 99_000,
    measure: async (context) => {
      const { deviceId } = await firstDevice(context);
      const create = await prepareWallet(context.suite.deviceRegistry, deviceId);
      return context.accounts.relayer.sendTransaction(create);
    },
  },
  {
    name: "wallet: owner sends coin",
    ceiling: 72_000,
    measure: walletAct(({ wallet }, { accounts }) =>
      wallet.execute(accounts.bob, COIN / 2n, "0x", 0),
    ),
  },
  {
    name: "wallet: set a policy of two targets and two currencies",
    ceiling: 204_000,
    measure: walletAct((its, context) => setPolicy(context, its)),
  },
  {
    name: "wallet: device pays coin",
    ceiling: 90_000,
    measure: spending((_, { accounts }) => ({
      target: accounts.bob.address,
      currency: NATIVE,
      data: "0x",
    })),
  },
  {
    name: "wallet: device has a token collected",
    ceiling: 121_000,
    measure: spending(({ meter, token }) => ({
      target: meter.target as string,
      currency: token.target as string,
      data: meter.interface.encodeFunctionData("chargeInToken", [MODEL, COIN / 10n]),
    })),
  },
  {
    name: "wallet: lock",
    ceiling: 79_000,
    measure: walletAct(async ({ wallet }, { connection }) =>
      wallet.lock((await connection.networkHelpers.time.latest()) + 7 * DAY),
    ),
  },
  {
    name: "register a maker",
    ceiling: 155_000,
    measure: ({ suite, accounts }) =>
      suite.makerRegistry
        .connect(accounts.maker)
        .register("Cascade Instruments", "https://cascade.example", accounts.maker.address),
  },
  {
    name: "set a maker's signer",
    ceiling: 40_000,
    measure: makerAct((registry, { accounts }) => registry.setSigner(MAKER, accounts.bob.address)),
  },
  {
    name: "recall a lot",
    ceiling: 54_000,
    measure: makerAct((registry) => registry.recallLot(MAKER, 1, REASON)),
  },
  {
    name: "recall a device",
    ceiling: 54_000,
    measure: makerAct((registry) => registry.recallDevice(MAKER, logger(1).deviceId, REASON)),
  },
  {
    name: "verify a maker",
    ceiling: 47_000,
    measure: async (context) => {
      await registerMaker(context);
      const { maker, makerVerifier } = context.accounts;
      return context.suite.makerRegistry.connect(makerVerifier).setVerified(MAKER, maker, true);
    },
  },
  {
    name: "probe the P-256 paths, 0x100 present",
    ceiling: 42_000,
    network: "osaka",
    measure: ({ suite, accounts }) => suite.p256Verifier.connect(accounts.relayer).probe(),
  },
];
