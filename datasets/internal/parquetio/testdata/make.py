"""Writes the Parquet files of this folder: odd but lawful ones, and some that are refused.

    python3 -m venv v && v/bin/pip install pyarrow duckdb && v/bin/python make.py

Beside each file NAME.parquet that can be read stands NAME.csv with its values: header, then one line a row, ∅ for
missing. files.txt says which versions wrote them. The Go test reads all of them.
"""
import datetime, decimal, os, struct, sys, uuid
import pyarrow as pa, pyarrow.parquet as pq, duckdb

here = os.path.dirname(os.path.abspath(__file__))
N = 200


def show(v):
    if v is None:
        return "∅"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, datetime.datetime):
        if v.tzinfo is not None:
            v = v.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        days = (v - datetime.datetime(1970, 1, 1))
        return "t%d" % ((days.days * 86400 + days.seconds) * 10**6 + days.microseconds)
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, (float, decimal.Decimal)):
        return "f" + struct.pack(">d", float(v)).hex()
    if isinstance(v, bytes):
        return v.decode()
    if isinstance(v, uuid.UUID):
        return str(v)
    return str(v)


def expect(name, columns):
    with open(os.path.join(here, name + ".csv"), "w") as f:
        names = list(columns)
        f.write(",".join(names) + "\n")
        for row in zip(*columns.values()):
            f.write(",".join('"%s"' % show(v).replace('"', '""') for v in row) + "\n")


def write(name, columns, types, **options):
    table = pa.table({k: pa.array(v, types[k]) for k, v in columns.items()})
    pq.write_table(table, os.path.join(here, name + ".parquet"), **options)
    expect(name, columns)


def holes(values, every=7):
    return [None if i % every == 3 else v for i, v in enumerate(values)]


R = range(N)
ints = {
    "i8": [i - 100 for i in R], "i16": [300 * i - 30000 for i in R], "i32": [(-1) ** i * i * 10**7 for i in R],
    "i64": [(-1) ** i * i * 10**16 for i in R], "u8": [i for i in R], "u16": [i * 300 for i in R],
    "u32": [2**32 - 1 - i for i in R], "u64": [2**63 - 1 - i for i in R],
}
int_types = {k: getattr(pa, {"i": "int", "u": "uint"}[k[0]] + k[1:])() for k in ints}
write("integers", ints, int_types, compression="snappy", use_dictionary=False)
write("integers-dictionary", {k: holes(v) for k, v in ints.items()}, int_types, compression="gzip", use_dictionary=True)
write("integers-delta", {k: holes(v) for k, v in ints.items()}, int_types, compression="zstd", use_dictionary=False,
      column_encoding={k: "DELTA_BINARY_PACKED" for k in ints}, data_page_version="2.0")

floats = {"f32": [struct.unpack("f", struct.pack("f", i / 3))[0] for i in R], "f64": [i / 7 - 3 for i in R],
          "f16": [i / 8 for i in R]}
floats["f64"][5:9] = [float("inf"), float("-inf"), 1e-310, -0.0]
ftypes = {"f32": pa.float32(), "f64": pa.float64(), "f16": pa.float16()}
write("floats", floats, ftypes, compression="brotli", use_dictionary=False)
write("floats-split", {k: holes(v) for k, v in floats.items()}, ftypes, compression="zstd", use_dictionary=False,
      column_encoding={"f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT"})

texts = {"t": ["ord %d ÆØÅ" % (i % 17) for i in R], "long": ["x" * (i % 50) + str(i) for i in R],
         "empty": ["" if i % 2 else "a" for i in R], "fixed": [("%04d" % i).encode() for i in R],
         "same": ["alle"] * N, "none": [None] * N}
ttypes = {"t": pa.string(), "long": pa.large_string(), "empty": pa.string(), "fixed": pa.binary(4), "same": pa.string(), "none": pa.string()}
for version in ("1.0", "2.0"):
    v = version[0]
    write("texts-v" + v, {k: holes(x) for k, x in texts.items()}, ttypes, compression="snappy", data_page_version=version)
    write("texts-plain-v" + v, texts, ttypes, compression="none", use_dictionary=False, data_page_version=version, write_page_checksum=True)
    write("texts-small-pages-v" + v, {k: holes(x, 11) for k, x in texts.items()}, ttypes, compression="zstd", data_page_version=version,
          data_page_size=64, write_batch_size=10, row_group_size=77, dictionary_pagesize_limit=200)
write("texts-delta", {k: holes(x) for k, x in texts.items() if k != "fixed"}, {k: t for k, t in ttypes.items() if k != "fixed"},
      compression="zstd", use_dictionary=False,
      column_encoding={"t": "DELTA_BYTE_ARRAY", "long": "DELTA_LENGTH_BYTE_ARRAY", "empty": "DELTA_BYTE_ARRAY", "same": "DELTA_BYTE_ARRAY", "none": "DELTA_BYTE_ARRAY"})

UTC = datetime.timezone.utc
base = datetime.datetime(2024, 3, 31, 12, 30, 15, 123456)
times = {"ms": [(base - datetime.timedelta(days=300 * i)).replace(microsecond=123000) for i in R], "us": [base - datetime.timedelta(days=300 * i, microseconds=i) for i in R],
         "ns": [base - datetime.timedelta(days=300 * i) for i in R], "utc": [(base + datetime.timedelta(hours=i)).replace(tzinfo=UTC) for i in R],
         "s": [base.replace(microsecond=0) + datetime.timedelta(seconds=i) for i in R],
         "d": [datetime.date(1850, 1, 1) + datetime.timedelta(days=400 * i) for i in R]}
timetypes = {"ms": pa.timestamp("ms"), "us": pa.timestamp("us"), "ns": pa.timestamp("ns"), "utc": pa.timestamp("us", "Europe/Oslo"), "s": pa.timestamp("s"), "d": pa.date32()}
write("times", {k: holes(v) for k, v in times.items()}, timetypes, compression="zstd", version="2.6")
write("times-int96", {k: holes(v) for k, v in times.items()}, timetypes, compression="snappy", use_deprecated_int96_timestamps=True)

D = decimal.Decimal
decimals = {"d5": [D(i * 7 - 500) / 100 for i in R], "d18": [D((-1) ** i * i * 10**15 + 1).scaleb(-6) for i in R],
            "d38": [D((-1) ** i * i * 10**33 + 1).scaleb(-4) for i in R]}
dtypes = {"d5": pa.decimal128(5, 2), "d18": pa.decimal128(18, 6), "d38": pa.decimal128(38, 4)}
with decimal.localcontext() as c:
    c.prec = 60
    write("decimals", {k: holes(v) for k, v in decimals.items()}, dtypes, compression="snappy")
    write("decimals-int", {k: holes(v) for k, v in decimals.items()}, dtypes, compression="snappy", store_decimal_as_integer=True, use_dictionary=False)

bools = {"b": [i % 3 == 0 for i in R], "n": holes([i % 5 < 2 for i in R]), "all": [True] * N}
for v in ("1.0", "2.0"):
    write("bools-v" + v[0], bools, {k: pa.bool_() for k in bools}, compression="zstd", data_page_version=v)
write("bools-rle", bools, {k: pa.bool_() for k in bools}, compression="none", use_dictionary=False, data_page_version="2.0",
      column_encoding={k: "RLE" for k in bools})

write("nulls", {"x": list(R), "null": [None] * N}, {"x": pa.int64(), "null": pa.null()})
categories = {"c": ["abc"[i % 3] for i in R]}
write("categories", categories, {"c": pa.dictionary(pa.int8(), pa.string())})
write("no-rows", {"a": [], "b": []}, {"a": pa.int64(), "b": pa.string()})

# What DuckDB writes, with its usual settings and with the newer encodings.
con = duckdb.connect()
con.execute("set timezone='UTC'")
sql = """select i::bigint as id, case when i % 7 <> 3 then sqrt(i) end as x, 'kode ' || (i % 5) as kode, uuid_value as u,
  date '2020-01-01' + i::int as dato, timestamp '2020-01-01' + interval (i) hour as tid, (i % 2 = 0) as ja, (i / 3)::decimal(9,3) as d,
  (i * 1000003)::hugeint as h, (i % 100)::utinyint as s, i::ubigint as ub
  from (select i, ('00000000-0000-0000-0000-' || lpad(i::varchar, 12, '0'))::uuid as uuid_value from range(200) t(i))"""
for name, options in (("duckdb", ""), ("duckdb-v2", ", parquet_version v2"), ("duckdb-zstd", ", compression zstd, row_group_size 2048")):
    path = os.path.join(here, name + ".parquet")
    con.execute(f"copy ({sql}) to '{path}' (format parquet{options})")
    cursor = con.execute(sql)
    names = [d[0] for d in cursor.description]
    columns = dict(zip(names, map(list, zip(*cursor.fetchall()))))
    columns["h"] = [float(v) for v in columns["h"]]
    expect(name, columns)

# Refused: each with the word that the message must hold, and the column where it is not x.
def refuse(name, table, **options):
    pq.write_table(table, os.path.join(here, "refused-" + name + ".parquet"), **options)

one = pa.table({"x": pa.array(list(R))})
refuse("LZ4", one, compression="lz4")
refuse("list", pa.table({"x": pa.array([[i] for i in R])}))
refuse("nested", pa.table({"x": pa.array([{"a": i, "b": 2} for i in R])}))
refuse("map", pa.table({"x": pa.array([[("a", i)] for i in R], pa.map_(pa.string(), pa.int64()))}))
refuse("time of day", pa.table({"x": pa.array([datetime.time(1, 2, i % 60) for i in R])}))
refuse("UTF-8", pa.table({"x": pa.array([b"\xff\xfe" for i in R], pa.binary())}))
refuse("64 bits", pa.table({"x": pa.array([2**64 - 1 - i for i in R], pa.uint64())}))

# A logical type that is newer than arrow v15: the other column must be read all the same.
con.execute("copy (select i::bigint as x, i::variant as variant from range(10) t(i)) to '%s' (format parquet)"
            % os.path.join(here, "refused-nested_variant.parquet"))

# Two columns of one name.
pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]), os.path.join(here, "twice.parquet"))

with open(os.path.join(here, "files.txt"), "w") as f:
    f.write("pyarrow %s, duckdb %s, Python %s\n" % (pa.__version__, duckdb.__version__, sys.version.split()[0]))
