const megabytes = (bytes) => `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;

/** Size, start, memory and speed, as far as they were measured. */
export function filesTable(report, names, { download, start, memory, query, documents }) {
  const [first] = names;
  const relative = (value, of) => `${value} (${of.toFixed(2)})`;
  const columns = [];
  if (download) columns.push(["download", (name) => megabytes(download[name])]);
  if (download && start)
    columns.push(["on disk", (name) => megabytes(download[name] + start[name].kept)]);
  if (start) {
    columns.push(["first start", (name) => seconds(start[name].firstStart)]);
    columns.push(["start", (name) => seconds(start[name].start)]);
  }
  if (memory) {
    columns.push(["JavaScript heap", (name) => megabytes(memory[name].loaded.heap)]);
    columns.push(["after a query", (name) => megabytes(memory[name].loaded.resident)]);
    columns.push(["after documents", (name) => megabytes(memory[name].used.resident)]);
    columns.push(["peak", (name) => megabytes(memory[name].used.peak)]);
  }
  if (query) {
    const cell = (name) => relative(`${query[name].toFixed(0)} ms`, query[name] / query[first]);
    columns.push(["query", cell]);
  }
  if (documents) {
    const cell = (name) =>
      relative(`${documents[name].toFixed(0)} tokens/s`, documents[name] / documents[first]);
    columns.push(["documents", cell]);
  }
  if (columns.length === 0) return;
  table(
    report,
    `Start: from the start of the process to the first vector. Memory: resident, of the whole ` +
      `process. In brackets: relative to ${first}`,
    names,
    columns,
  );
}

export function batchesTable(report, names, count, rates) {
  const ways = Object.keys(rates[names[0]]);
  const cell = (way) => (name) => {
    const [rate, ours] = [rates[name][way], rates[name].ours];
    return way === "ours" ? `${rate.toFixed(0)} tokens/s` : (rate / ours).toFixed(2);
  };
  table(
    report,
    `${count} texts of mixed length: useful tokens per second, and other ways relative to it`,
    names,
    ways.map((way) => [way, cell(way)]),
  );
}

export function qualityTables(report, names, quality) {
  const [{ dimensions, sts, ndcg, pairs, documents, queries }] = Object.values(quality);
  const columns = (field) =>
    dimensions.map((dimension, index) => [
      dimension,
      (name) => quality[name][field][index].toFixed(4),
    ]);
  if (sts)
    table(report, `STS: Spearman correlation, ${pairs} pairs, by dimension`, names, columns("sts"));
  if (!ndcg) return;
  table(
    report,
    `Retrieval: NDCG@10, ${queries} queries and ${documents} documents, by dimension; last: ` +
      "`searchDimension: 128`, scored again by all numbers",
    names,
    [...columns("ndcg"), ["128, rescored", (name) => quality[name].rescored.toFixed(4)]],
  );
}

/** @param columns - pairs of a heading and a function that returns the cell of a file */
function table(report, title, names, columns) {
  report.table(title, [
    ["file", ...columns.map(([heading]) => heading)],
    ...names.map((name) => [name, ...columns.map(([, cell]) => cell(name))]),
  ]);
}
