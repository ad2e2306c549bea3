import { Embedder, similarity } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";

const embedder = await Embedder.load("/model/");
const documents = await embedder.encodeDocument(["Mars is often called the Red Planet."]);
document.title = similarity(await embedder.encodeQuery("Which planet is red?"), documents);
await FaissStore.open("planets").catch(({ message }) => console.log(message));
