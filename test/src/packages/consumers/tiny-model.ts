import { modelPath } from "@embeddinggemma/tiny-model";

export async function main(): Promise<string> {
  return modelPath;
}
