import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { AbiCoder, hexlify, keccak256, MaxUint256, MinInt256, toUtf8Bytes } from "ethers";

import { abiEncode } from "../../../scripts/lib/data/leaf.js";
import { buildTree, readRecords } from "../../../scripts/lib/data/records.js";
import { type Column, RecordSchema, type Value } from "../../../scripts/lib/data/schema.js";
import { Failure } from "../../../scripts/lib/terminal.js";
import { failsWith } from "./failure.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

const WORD = `0x${"aB".repeat(32)}`;
const ALL = new RecordSchema([
  { name: "time", type: "time" },
  { name: "degrees", type: "int32", decimals: 2 },
  { name: "note", type: "string" },
  { name: "id", type: "bytes32" },
  { name: "dry", type: "bool" },
]);

async function readAll(file: string, schema: RecordSchema): Promise<Value[][]> {
  const records: Value[][] = [];
  for await (const record of readRecords(file, schema)) records.push(record);
  return records;
}

/** What a column makes of a value. */
function read(column: Omit<Column, "name">, value: unknown): Value | undefined {
  return new RecordSchema([{ name: "it", ...column }]).readRow({ it: value })[0];
}

describe("records", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  describe("a schema", () => {
    it("is known by the hash of its canonical JSON", () => {
      const json =
        '[{"decimals":0,"name":"time","type":"time"},{"decimals":1,"name":"wind","type":"uint32"}]';
      const schema = new RecordSchema([
        { name: "time", type: "time" },
        { type: "uint32", decimals: 1, name: "wind" },
      ]);
      expect(schema.hash).to.equal(keccak256(toUtf8Bytes(json)));
      expect(schema.types).to.deep.equal(["uint48", "uint32"]);
    });

    const faulty: [what: string, columns: Column[], message: string][] = [
      ["no column", [], "needs a column"],
      [
        "two columns of a name",
        [
          { name: "a", type: "bool" },
          { name: "a", type: "bool" },
        ],
        "same name",
      ],
      ["an odd width", [{ name: "a", type: "uint7" }], "multiple of 8"],
      ["too wide an integer", [{ name: "a", type: "int264" }], "multiple of 8"],
      ["an unknown type", [{ name: "a", type: "float" as "bool" }], "unknown type"],
      ["half a decimal", [{ name: "a", type: "int32", decimals: 0.5 }], "decimals: take 0 to 77"],
      ["decimals of a string", [{ name: "a", type: "string", decimals: 1 }], "is no integer"],
      ["a name that is no text", [{ name: "\ud800", type: "bool" }], "not Unicode"],
    ];
    for (const [what, columns, message] of faulty) {
      it(`refuses ${what}`, () => {
        expect(() => new RecordSchema(columns)).to.throw(Failure, message);
      });
    }
  });

  describe("a value", () => {
    it("is scaled exactly, however large", () => {
      expect(read({ type: "int32", decimals: 1 }, "12.8")).to.equal(128n);
      expect(read({ type: "int32", decimals: 2 }, "-0.3")).to.equal(-30n);
      expect(read({ type: "int32", decimals: 2 }, "-0")).to.equal(0n);
      expect(
        read({ type: "uint256", decimals: 18 }, "1234567890123456789.000000000000000001"),
      ).to.equal(1234567890123456789000000000000000001n);
      expect(read({ type: "uint256" }, MaxUint256)).to.equal(MaxUint256);
      expect(read({ type: "int256" }, String(MinInt256))).to.equal(MinInt256);
      expect(read({ type: "uint48" }, 7)).to.equal(7n);
    });

    it("is a time in seconds, wherever it is read", () => {
      for (const [text, seconds] of [
        ["1970-01-01", 0n],
        ["2012-01-01", 1_325_376_000n],
        ["2012-01-01T00:00:00Z", 1_325_376_000n],
        ["2012-01-01T02:00:00.000+02:00", 1_325_376_000n],
        ["2024-02-29", 1_709_164_800n],
        ["1325376000", 1_325_376_000n],
      ] as const) {
        expect(read({ type: "time" }, text), text).to.equal(seconds);
      }
    });

    const refused: [column: Omit<Column, "name">, values: unknown[], message: string][] = [
      [{ type: "int32", decimals: 1 }, ["12.85", "1.00"], "more decimals than the 1 declared"],
      [
        { type: "int32" },
        ["", " 1", "1 ", "+1", "1e3", "0x10", "1,5", ".5", "5.", "NaN", "Infinity", "--1", "١"],
        "is not a plain decimal number",
      ],
      [{ type: "uint256" }, ["9".repeat(79), "1".repeat(1 << 16)], "is not a plain decimal number"],
      [{ type: "int32" }, [null, undefined, true, {}, [1], 0.5, 2 ** 53], "is not a number"],
      [{ type: "int8" }, ["128", "-129"], "does not fit int8"],
      [{ type: "uint8" }, ["256", "-1"], "does not fit uint8"],
      [{ type: "uint32", decimals: 1 }, ["429496729.6"], "does not fit uint32"],
      [
        { type: "time" },
        ["2023-02-30", "2023-13-01", "1969-12-31", "2023-01-01T00:00:00", "2023-01-01T00:00:00.5Z"],
        "is no time since 1970",
      ],
      [
        { type: "time" },
        ["yesterday", "Jan 1 2023", "", "-1", "1.5", "2023-1-1"],
        "is no time since 1970",
      ],
      [{ type: "bool" }, ["TRUE", "1", "", 1, 0, null], "is neither true nor false"],
      [
        { type: "bytes32" },
        ["0x", WORD.slice(2), `${WORD}00`, `0x${"g".repeat(64)}`, 1],
        "64 hexadecimal",
      ],
      [{ type: "string" }, [1, true, null, ["a"]], "is not a string"],
      [{ type: "string" }, ["\ud800", "a\udfff"], "is not Unicode"],
    ];
    for (const [column, values, message] of refused) {
      it(`of type ${column.type} ${message}: ${JSON.stringify(values).slice(0, 60)}`, () => {
        for (const value of values) {
          expect(() => read(column, value), String(value)).to.throw(Failure, message);
        }
      });
    }

    it("is not repeated at length by an error", () => {
      expect(() => read({ type: "int32" }, "x".repeat(1 << 20)))
        .to.throw(Failure)
        .with.property("message")
        .with.length.lessThan(120);
    });
  });

  describe("a leaf", () => {
    const types = ["uint48", "string", "int256", "bytes32", "bool", "string", "int8"];
    const rows: Value[][] = [0, 1, 31, 32, 33, 64, 200].map((length) => [
      BigInt(length),
      "é".repeat(length),
      -BigInt(length) * 2n ** 240n,
      WORD,
      length % 2 === 0,
      "x".repeat(64 - Math.min(length, 64)),
      -128n,
    ]);

    it("is encoded as ABI coders encode it", () => {
      for (const values of rows) {
        const expected = AbiCoder.defaultAbiCoder().encode(types, values);
        expect(hexlify(abiEncode(types, values))).to.equal(expected);
      }
    });

    it("is the library's", () => {
      const values: Value[] = [1n, -2n, "dry", WORD, true];
      const tree = StandardMerkleTree.of([values], [...ALL.types]);
      expect(hexlify(ALL.leaf(values))).to.equal(tree.leafHash(values));
    });
  });

  describe("in files", () => {
    const CSV = `time,degrees,note,id,dry\n2012-01-01,12.80,"a ""b"", ☂\nc",${WORD},true\n60,-3,,${WORD},false\n`;
    const JSONL =
      `{"time":"2012-01-01","degrees":12.80,"note":"a \\"b\\", ☂\\nc","id":"${WORD}","dry":true}\n` +
      `{"dry":false,"id":"${WORD}","note":"","degrees":-3,"time":60}\n`;

    it("are the same from CSV and JSON lines, and so is their root", async () => {
      const csv = await folder.write("a.csv", CSV);
      const jsonl = await folder.write("a.jsonl", JSONL);
      expect(await readAll(csv, ALL)).to.deep.equal([
        [1_325_376_000n, 1280n, 'a "b", ☂\nc', WORD.toLowerCase(), true],
        [60n, -300n, "", WORD.toLowerCase(), false],
      ]);
      expect(await readAll(jsonl, ALL)).to.deep.equal(await readAll(csv, ALL));
      const fromCsv = await buildTree(csv, ALL, folder.path("csv.tree"));
      expect(await buildTree(jsonl, ALL, folder.path("jsonl.tree"))).to.deep.equal(fromCsv);
    });

    it("are the same with other line ends, a byte-order mark, no last line end, and other column order", async () => {
      const schema = new RecordSchema([
        { name: "a", type: "uint8" },
        { name: "b", type: "string" },
      ]);
      const files = {
        "a.csv": "\ufeffa,b\r\n1,x\r\n2,y",
        "b.csv": "b,a\nx,1\ny,2\n",
        "a.ndjson": '\ufeff{"a":1,"b":"x"}\r\n{"b":"y","a":"2"}',
      };
      for (const [name, text] of Object.entries(files)) {
        expect(await readAll(await folder.write(name, text), schema), name).to.deep.equal([
          [1n, "x"],
          [2n, "y"],
        ]);
      }
    });

    it("keep every digit of a JSON number, and a line separator inside a string", async () => {
      const schema = new RecordSchema([
        { name: "exact", type: "uint256", decimals: 20 },
        { name: "note", type: "string" },
      ]);
      const line = '{"exact":9007199254740993.10000000000000000001,"note":"a\u2028b"}';
      expect(await readAll(await folder.write("a.jsonl", line), schema)).to.deep.equal([
        [900719925474099310000000000000000001n, "a\u2028b"],
      ]);
    });

    const AB: Column[] = [
      { name: "a", type: "int32", decimals: 1 },
      { name: "__proto__", type: "string" },
    ];
    const faulty: [what: string, name: string, content: string | Uint8Array, message: RegExp][] = [
      [
        "a value with too many decimals",
        "a.csv",
        "a,__proto__\n1.5,x\n1.25,y\n",
        /a\.csv, row 2, column "a": "1\.25"/,
      ],
      [
        "a row that is too short",
        "a.csv",
        "a,__proto__\n1,x\n2\n",
        /Invalid Record Length: .* on line 3/,
      ],
      ["a row that is too long", "a.csv", "a,__proto__\n1,x,z\n", /Invalid Record Length/],
      ["an empty row", "a.csv", "a,__proto__\n1,x\n\n2,y\n", /Invalid Record Length: .* on line 3/],
      ["a quote that never ends", "a.csv", 'a,__proto__\n1,"x\n', /Quote Not Closed/],
      [
        "a record that never ends",
        "a.csv",
        `a,__proto__\n1,"${"x".repeat(2 << 20)}`,
        /Max Record Size/,
      ],
      ["a missing column", "a.csv", "a\n1\n", /has no column "__proto__": add it/],
      ["a surplus column", "a.csv", "a,__proto__,c\n1,x,2\n", /surplus column "c": drop it/],
      ["a column that comes twice", "a.csv", "a,__proto__,a\n1,x,2\n", /surplus column "a"/],
      [
        "text that is not UTF-8",
        "a.csv",
        Buffer.from("a,__proto__\n1,\xe9\n", "latin1"),
        /is not UTF-8/,
      ],
      [
        "text that ends within a letter",
        "a.jsonl",
        Buffer.from([0x22, 0xe2, 0x98]),
        /is not UTF-8/,
      ],
      [
        "a line that is not JSON",
        "a.jsonl",
        '{"a":1,"__proto__":"x"}\n{"a":1,\n',
        /line 2 is not JSON/,
      ],
      ["an empty line", "a.jsonl", '{"a":1,"__proto__":"x"}\n\n', /line 2 is not JSON/],
      ["a line that is no object", "a.jsonl", "[1]\n", /line 1 is not a JSON object/],
      ["null", "a.jsonl", "null\n", /line 1 is not a JSON object/],
      ["a line without a column", "a.jsonl", '{"a":1}\n', /line 1 has no column "__proto__"/],
      [
        "a line with a surplus column",
        "a.jsonl",
        '{"a":1,"__proto__":"x","c":0}\n',
        /line 1 has a surplus column "c"/,
      ],
      [
        "a number with an exponent",
        "a.jsonl",
        '{"a":1e2,"__proto__":"x"}\n',
        /line 1, column "a": "1e2" is not a plain/,
      ],
      [
        "a number for a string",
        "a.jsonl",
        '{"a":1,"__proto__":5}\n',
        /line 1, column "__proto__": 5 is not a string/,
      ],
      [
        "a nested value",
        "a.jsonl",
        '{"a":{"b":1},"__proto__":"x"}\n',
        /column "a": .* is not a number/,
      ],
      [
        "half a letter in an escape",
        "a.jsonl",
        '{"a":1,"__proto__":"\\ud800"}\n',
        /is not Unicode/,
      ],
      ["a line that never ends", "a.jsonl", "x".repeat(2 << 20), /over 1048576 letters/],
      ["an empty CSV", "a.csv", "", /There are no records/],
      ["a CSV with only a header", "a.csv", "a,__proto__\n", /There are no records/],
      ["empty JSON lines", "a.jsonl", "", /There are no records/],
      [
        "a file of another kind",
        "a.txt",
        "a,__proto__\n1,x\n",
        /name it \.csv, \.jsonl or \.ndjson/,
      ],
    ];
    for (const [what, name, content, message] of faulty) {
      it(`refuse ${what}`, async () => {
        const file = await folder.write(name, content);
        const attempt = buildTree(file, new RecordSchema(AB), folder.path("tree"));
        await failsWith(attempt, message);
      });
    }

    it("refuse a file that is not there", async () => {
      const attempt = buildTree(folder.path("no.csv"), ALL, folder.path("tree"));
      await failsWith(attempt, "ENOENT");
    });
  });
});
