import { concat, keccak256 } from "ethers";

/** The root of a Merkle tree of which the chain sees one leaf and the nodes beside its way up. */
export function rootOver(leaf: string, siblings: readonly string[]): string {
  return siblings.reduce((node, sibling) => {
    return keccak256(concat(node < sibling ? [node, sibling] : [sibling, node]));
  }, leaf);
}
