// A peer in a third language, written from docs/protocol.md: node tests/tools/peers/node.mjs. No packages.
// JSON.parse makes every number a double, so that a u64 is read from its digits, which are kept beside it.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const U64_MAX = 2n ** 64n - 1n;
const DIGITS = randomUUID(); // the name of a member that no payload has
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
const STRINGS = ["model_path", "model_name", "saved_at"];
const NUMBERS = ["version", "training_step"];
const FIELDS = ["model_path", "model_name", "version", "saved_at", "training_step", "metadata"];

const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x) && !(DIGITS in x);

function refuseUnless(condition, text) {
  if (!condition) throw new SyntaxError(text);
}

function decode(payload) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  JSON.parse(text); // the syntax
  const read = JSON.parse(text.replace(TOKENS, (t) => (t[0] === '"' ? t : `{"${DIGITS}":"${t}"}`)));
  refuseUnless(isObject(read), "not an object");
  const { metadata = {} } = read;
  for (const name of STRINGS) refuseUnless(typeof read[name] === "string", `${name} is not a string`);
  refuseUnless(isObject(metadata), "metadata is not an object");
  for (const key in metadata) refuseUnless(typeof metadata[key] === "string", `metadata: ${key} is not a string`);
  const value = { ...read, metadata };
  for (const name of NUMBERS) {
    const digits = read[name]?.[DIGITS] ?? "";
    refuseUnless(/^\d+$/.test(digits) && BigInt(digits) <= U64_MAX, `${name} is not a u64`);
    value[name] = digits;
  }
  return Object.fromEntries(FIELDS.map((name) => [name, value[name]]));
}

function encode(value) {
  const write = (name) => (NUMBERS.includes(name) ? BigInt(value[name]).toString() : JSON.stringify(value[name]));
  return Buffer.from(`{${FIELDS.map((name) => `"${name}":${write(name)}`).join(",")}}`);
}

function bytesOf(base64) {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64") !== base64) throw new Error("`payload` is not base64");
  return bytes;
}

function decoded(payload) {
  try {
    return { value: decode(payload) };
  } catch (error) {
    if (error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") return { error: { category: "utf8" } };
    if (error instanceof SyntaxError) return { error: { text: error.message } };
    throw error;
  }
}

function answer(request) {
  switch (request.op) {
    case "hello":
      return { name: "node", version: process.versions.node, protocol: 1, message: "checkpoint_notification" };
    case "decode":
      return decoded(bytesOf(request.payload));
    case "encode":
      return { payload: encode(request.value).toString("base64") };
    case "stop":
      return { stopped: true };
    default:
      return { failure: "unsupported" };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let id = null;
  let response;
  try {
    const request = JSON.parse(line);
    if (!Number.isSafeInteger(request?.id)) throw new Error("the request has no integer `id`");
    id = request.id;
    response = answer(request);
  } catch (error) {
    response = { failure: String(error) };
  }
  process.stdout.write(`${JSON.stringify({ id, ...response })}\n`);
  if (response.stopped) break;
}
