import autocannon from "autocannon";

/**
 * Sends requests from several clients at once, each the next when it has an answer.
 *
 * @param bodies - the texts of each request, in turns
 * @returns seconds of all requests, the milliseconds of each, and how many were not answered
 */
export async function loadOf({ url, clients, amount, bodies }) {
  const requests = bodies.map((input) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "model", input, encoding_format: "base64" }),
  }));
  const milliseconds = [];
  let started = 0;
  const run = autocannon({
    url,
    connections: clients,
    amount,
    requests,
    timeout: 600,
    setupClient(client) {
      const first = started++ % requests.length;
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  run.on("response", (_client, status, _bytes, time) => {
    if (status === 200) milliseconds.push(time);
  });
  const { start, finish } = await run;
  return {
    seconds: (finish - start) / 1000,
    milliseconds,
    lost: amount - milliseconds.length,
  };
}
