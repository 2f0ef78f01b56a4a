/** Just enough address arithmetic to know which network an address lies in. IPv4 and IPv6. */

interface Bits {
  value: bigint;
  width: 32 | 128;
}

export function parse(text: string): Bits | null {
  return text.includes(":") ? six(text) : four(text);
}

function four(text: string): Bits | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return { value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n), width: 32 };
}

function six(text: string): Bits | null {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return null;
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return null;
  const groups = [...left, ...new Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return { value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n), width: 128 };
}

export function contains(network: string, address: string): boolean {
  const [base = "", length] = network.split("/");
  const a = parse(base);
  const b = parse(address);
  if (!a || !b || a.width !== b.width) return false;
  const shift = BigInt(a.width - Number(length ?? a.width));
  return a.value >> shift === b.value >> shift;
}

/** The /24 or /64 around an address: a neighbourhood when no better is known. */
export function neighbourhood(address: string): string {
  const bits = parse(address);
  if (!bits) return address;
  if (bits.width === 32) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  const groups = [112n, 96n, 80n, 64n].map((shift) => ((bits.value >> shift) & 0xffffn).toString(16));
  return `${groups.join(":").replace(/(:0)+$/, "")}::/64`;
}

/** Text that sorts as networks do: by version, address, and the wider one first. */
export function keyOf(network: string): string {
  const [base = "", length = ""] = network.split("/");
  const bits = parse(base);
  if (!bits) return network;
  return `${bits.width === 32 ? 4 : 6}${bits.value.toString(16).padStart(32, "0")}${length.padStart(3, "0")}`;
}
