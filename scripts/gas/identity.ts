import {
  concat,
  getBytes,
  keccak256,
  sha256,
  toBeHex,
  type TransactionResponse,
  ZeroHash,
} from "ethers";

import { DeviceAccount__factory } from "../../typechain-types/index.js";
import { ERC6551_REGISTRY } from "../lib/deploy.js";
import { type DeviceKey, P256Key, Secp256k1Key } from "../lib/deviceKey.js";
import {
  ATTESTATION_ACCEPTANCE,
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
  signOwnership,
  signRegistration,
  signSpend,
} from "../lib/identity.js";
import { signAsDevice } from "../lib/typedData.js";
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

/** The same keys in every run, so that a figure changes only when a contract does. */
function logger(index: number): Secp256k1Key {
  return new Secp256k1Key(sha256(toBeHex(index, 32)));
}

async function register(
  { suite, accounts }: GasContext,
  key: DeviceKey,
  registration: Registration,
  attestation: Attestation = NO_ATTESTATION,
  sender: "owner" | "relayer" = "owner",
): Promise<TransactionResponse> {
  const { deviceRegistry } = suite;
  const signature = await signRegistration(deviceRegistry, key, registration, attestation);
  const relayed = sender === "relayer";
  const consent = relayed
    ? await signOwnership(deviceRegistry, accounts.alice, registration, attestation)
    : "0x";
  return deviceRegistry
    .connect(relayed ? accounts.relayer : accounts.alice)
    .register(registration, signature, consent, attestation);
}

/** Alice's first device: the figures are those of an owner's second, when her balance is not zero. */
async function firstDevice(context: GasContext): Promise<Secp256k1Key> {
  const key = logger(1);
  await register(context, key, registrationOf(key, context.accounts.alice.address));
  return key;
}

/** The registration that most rows are about, self-certified, with a document. */
function second(context: GasContext, key: DeviceKey, makerId = 0): Registration {
  return registrationOf(key, context.accounts.alice.address, {
    makerId,
    modelHash: MODEL,
    ...DOCUMENT,
  });
}

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
  const root = nodes.reduce((node, sibling) => {
    return keccak256(concat(node < sibling ? [node, sibling] : [sibling, node]));
  }, leaf);
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
    if (attest === undefined) {
      return register(context, key, second(context, key), NO_ATTESTATION, sender);
    }
    await registerMaker(context);
    return register(context, key, second(context, key, MAKER), await attest(context, key), sender);
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

/** Alice's device and its deployed wallet, with coin in it and a policy that lets it pay Bob. */
async function walletWithPolicy(context: GasContext): Promise<{
  key: DeviceKey;
  wallet: ReturnType<typeof DeviceAccount__factory.connect>;
}> {
  const { accounts, connection, suite } = context;
  const key = await firstDevice(context);
  await createWallet(context, key);
  const address = await suite.deviceRegistry.accountOf(key.deviceId);
  const wallet = DeviceAccount__factory.connect(address, accounts.alice);
  await accounts.alice.sendTransaction({ to: address, value: connection.ethers.parseEther("1") });
  await setPolicy(context, wallet);
  return { key, wallet };
}

async function setPolicy(
  context: GasContext,
  wallet: ReturnType<typeof DeviceAccount__factory.connect>,
): Promise<TransactionResponse> {
  const expiry = (await now(context)) + 30 * 86_400;
  return wallet.setPolicy(
    86_400,
    expiry,
    [{ target: context.accounts.bob.address, selector: "0x00000000" }],
    [{ currency: NATIVE, amount: 10n ** 18n }],
  );
}

async function createWallet(
  { accounts, connection, suite }: GasContext,
  key: DeviceKey,
): Promise<TransactionResponse> {
  const registry = await connection.ethers.getContractAt(
    "erc6551/ERC6551Registry.sol:IERC6551Registry",
    ERC6551_REGISTRY,
    accounts.alice,
  );
  const create = registry.getFunction("createAccount");
  return create(
    suite.deviceAccount,
    ZeroHash,
    31337,
    suite.deviceRegistry,
    key.deviceId,
  ) as Promise<TransactionResponse>;
}

async function spend(context: GasContext, index: number): Promise<TransactionResponse> {
  const { key, wallet } = await walletWithPolicy(context);
  const request = {
    policy: 1,
    target: context.accounts.bob.address,
    currency: NATIVE,
    maximum: 10n ** 15n,
    data: "0x",
    nonce: index,
    deadline: NEVER,
  };
  const signature = await signSpend(wallet, key, request);
  return wallet.connect(context.accounts.relayer).spend(request, signature);
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
        await register(context, key, registrationOf(key, context.accounts.alice.address));
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
      const other = logger(2);
      await register(context, other, registrationOf(other, alice.address));
      const his = logger(3);
      const registration = registrationOf(his, bob.address);
      const registry = context.suite.deviceRegistry;
      const signature = await signRegistration(registry, his, registration);
      await registry.connect(bob).register(registration, signature, "0x", NO_ATTESTATION);
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
];
