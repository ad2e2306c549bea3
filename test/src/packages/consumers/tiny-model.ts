import { modelPath } from "@embeddinggemma/tiny-model";

const path: string = modelPath;
console.log(JSON.stringify(path));
