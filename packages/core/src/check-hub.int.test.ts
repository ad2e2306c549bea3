import { expect, it, vi } from "vitest";
import { setUpHub } from "../test-support/hub-setup.ts";
import { checkHub } from "./check-hub.ts";

const setup = setUpHub();

it("gives the commit of a model, and sends the token", async () => {
  const { commit, endpoint, requests } = setup.hub;
  expect(await checkHub("owner/model", { endpoint })).toEqual({ endpoint, token: false, commit });
  vi.stubEnv("HF_TOKEN", "hf_secret");
  vi.stubEnv("HF_ENDPOINT", endpoint);
  expect(await checkHub("owner/model")).toEqual({ endpoint, token: true, commit });
  expect(requests.map(({ method, authorization }) => [method, authorization])).toEqual([
    ["HEAD", undefined],
    ["HEAD", "Bearer hf_secret"],
    ["GET", "Bearer hf_secret"],
  ]);
});

it("refuses a token that the Hub does not know, even for a model that needs none", async () => {
  vi.stubEnv("HF_TOKEN", "hf_wrong");
  setup.hub.misbehave = ({ method }, response) =>
    method === "GET" && Boolean(response.writeHead(401).end());
  await expect(checkHub("owner/model", { endpoint: setup.hub.endpoint })).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: expect.stringContaining("does not know the access token"),
    details: { status: 401 },
  });
});

it("asks nothing if downloads are disabled", async () => {
  const { endpoint, requests } = setup.hub;
  const options = { endpoint, localFilesOnly: true };
  expect(await checkHub("owner/model", options)).toMatchObject({ commit: null });
  expect(requests).toEqual([]);
});

it("tells a Hub that fails from a model that it does not have, without a second try", async () => {
  const { endpoint, requests } = setup.hub;
  await expect(checkHub("owner/other", { endpoint })).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
  });
  setup.hub.misbehave = (_request, response) => Boolean(response.writeHead(503).end());
  await expect(checkHub("owner/model", { endpoint })).rejects.toMatchObject({
    code: "DOWNLOAD_FAILED",
  });
  expect(requests).toHaveLength(2);
});
