import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InferenceClient } from "@huggingface/inference";
import { OllamaEmbeddings } from "@langchain/ollama";
import { OpenAIEmbeddings } from "@langchain/openai";
import { OpenAIEmbedding } from "@llamaindex/openai";
import { Ollama } from "ollama";
import OpenAI from "openai";

/** Gets the vectors of queries and documents from a server, as users of a client would. */
export interface EmbeddingClient {
  readonly name: string;
  embedQuery(query: string): Promise<readonly number[]>;
  embedDocuments(documents: readonly string[]): Promise<readonly (readonly number[])[]>;
}

/** Model names with the prompt after the colon: these clients cannot send a prompt. */
const queryModel = "tiny:query";
const documentModel = "tiny:document";

/** Every client of npm that embeds, and curl. */
export function embeddingClients(url: string): EmbeddingClient[] {
  return [
    openAI("openai", url),
    openAI("openai, floats", url, "float"),
    openAI("openai, base64", url, "base64"),
    langChainOpenAI(url),
    llamaIndexOpenAI(url),
    huggingFace(url),
    ollama(url),
    langChainOllama(url),
    curl(url),
  ];
}

function openAI(name: string, url: string, format?: "float" | "base64"): EmbeddingClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused" });
  const embed = async (model: string, input: string[]) => {
    const answer = await client.embeddings.create({
      model,
      input,
      ...(format && { encoding_format: format }),
    });
    return answer.data.map(({ embedding }) => decoded(embedding));
  };
  return {
    name,
    embedQuery: async (query) => (await embed(queryModel, [query]))[0]!,
    embedDocuments: (documents) => embed(documentModel, [...documents]),
  };
}

/** The client leaves a base64 that was asked for as it is. */
function decoded(embedding: number[] | string): number[] {
  if (typeof embedding !== "string") return embedding;
  const bytes = Uint8Array.from(Buffer.from(embedding, "base64"));
  return Array.from(new Float32Array(bytes.buffer));
}

function langChainOpenAI(url: string): EmbeddingClient {
  const embeddings = (model: string) =>
    new OpenAIEmbeddings({ model, apiKey: "unused", configuration: { baseURL: `${url}/v1` } });
  return {
    name: "@langchain/openai",
    embedQuery: (query) => embeddings(queryModel).embedQuery(query),
    embedDocuments: (documents) => embeddings(documentModel).embedDocuments([...documents]),
  };
}

function llamaIndexOpenAI(url: string): EmbeddingClient {
  const embedding = (model: string) =>
    new OpenAIEmbedding({ model, apiKey: "unused", baseURL: `${url}/v1` });
  return {
    name: "@llamaindex/openai",
    embedQuery: (query) => embedding(queryModel).getTextEmbedding(query),
    embedDocuments: (documents) => embedding(documentModel).getTextEmbeddings([...documents]),
  };
}

function huggingFace(url: string): EmbeddingClient {
  const client = new InferenceClient("unused").endpoint(url);
  const embed = async (inputs: readonly string[], prompt_name: string) =>
    (await client.featureExtraction({ inputs: [...inputs], prompt_name })) as number[][];
  return {
    name: "@huggingface/inference",
    embedQuery: async (query) => (await embed([query], "query"))[0]!,
    embedDocuments: (documents) => embed(documents, "document"),
  };
}

function ollama(url: string): EmbeddingClient {
  const client = new Ollama({ host: url });
  const embed = async (model: string, input: readonly string[]) =>
    (await client.embed({ model, input: [...input] })).embeddings;
  return {
    name: "ollama",
    embedQuery: async (query) => (await embed(queryModel, [query]))[0]!,
    embedDocuments: (documents) => embed(documentModel, documents),
  };
}

function langChainOllama(url: string): EmbeddingClient {
  const embeddings = (model: string) => new OllamaEmbeddings({ model, baseUrl: url });
  return {
    name: "@langchain/ollama",
    embedQuery: (query) => embeddings(queryModel).embedQuery(query),
    embedDocuments: (documents) => embeddings(documentModel).embedDocuments([...documents]),
  };
}

function curl(url: string): EmbeddingClient {
  const embed = async (inputs: readonly string[], prompt_name: string): Promise<number[][]> => {
    const body = JSON.stringify({ inputs, prompt_name });
    const json = ["--header", "Content-Type: application/json", "--data", body];
    const { stdout } = await promisify(execFile)("curl", ["--silent", `${url}/embed`, ...json]);
    return JSON.parse(stdout);
  };
  return {
    name: "curl",
    embedQuery: async (query) => (await embed([query], "query"))[0]!,
    embedDocuments: (documents) => embed(documents, "document"),
  };
}
