// SPDX-License-Identifier: MIT
//
// npyjs_check.mjs FOLDER: reads each file "KIND-COUNT[-WIDTH].npy" with npyjs and compares all
// numbers with the formulas of elements.hpp.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "npyjs";

const mask = (1n << 64n) - 1n;

function hashOf(position) {
  let bits = ((BigInt(position) + 1n) * 0x9e3779b97f4a7c15n) & mask;
  bits = ((bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  bits = ((bits ^ (bits >> 27n)) * 0x94d049bb133111ebn) & mask;
  return bits ^ (bits >> 31n);
}

const elementAt = {
  bool: (bits) => bits % 2n !== 0n,
  int8: (bits) => Number(BigInt.asIntN(8, bits)),
  uint8: (bits) => Number(BigInt.asUintN(8, bits)),
  int16: (bits) => Number(BigInt.asIntN(16, bits)),
  uint16: (bits) => Number(BigInt.asUintN(16, bits)),
  int32: (bits) => Number(BigInt.asIntN(32, bits)),
  uint32: (bits) => Number(BigInt.asUintN(32, bits)),
  int64: (bits) => BigInt.asIntN(64, bits),
  uint64: (bits) => bits,
  float16: (bits) => Number(BigInt.asIntN(8, bits)) / 2,
  float32: (bits) => Number(BigInt.asIntN(16, bits)) / 2,
  float64: (bits) => Number(BigInt.asIntN(32, bits)) / 2,
};

function check(path, name) {
  const [kind, ...extents] = name.slice(0, -".npy".length).split("-");
  const bytes = readFileSync(path);
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { data, shape, fortranOrder } = parse(content);
  const count = extents.map(Number).reduce((product, extent) => product * extent, 1);
  if (String(shape) !== String(extents) || fortranOrder) throw new Error(`${name}: ${shape}`);
  if (data.length !== count) throw new Error(`${name}: ${data.length} elements`);
  for (let i = 0; i < count; ++i) {
    const wanted = elementAt[kind](hashOf(i));
    if (data[i] !== wanted) throw new Error(`${name}: ${data[i]} at ${i}, not ${wanted}`);
  }
}

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => /-.*\.npy$/.test(name));
for (const name of names) check(join(folder, name), name);
console.log(`${names.length} files are right`);
