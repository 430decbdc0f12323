// What the contracts of the identity domain say in numbers.

/** Where a device is in its life: `IDeviceRegistry.Status`. */
export const Status = { None: 0n, Active: 1n, Suspended: 2n, Retired: 3n, Reserved: 4n } as const;

/** Who vouches for a device: `IDeviceRegistry.Trust`. */
export const Trust = {
  SelfCertified: 0n,
  Attested: 1n,
  AttestedByVerifiedMaker: 2n,
  Recalled: 3n,
} as const;

/** What an owner may grant to others: the bits of `DevicePermissions`. */
export const Permission = { Data: 1n, Document: 2n, Operation: 4n } as const;

/** How `P256Verifier` verifies: `IP256Verifier.Path`. */
export const P256Path = { Solidity: 0n, Rip7212: 1n, Iotex: 2n } as const;
