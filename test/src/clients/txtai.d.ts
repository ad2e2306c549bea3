/** The parts of txtai's client that the tests use; it has no types of its own. */
declare module "txtai" {
  export interface Scored {
    id: number | string;
    score: number;
  }

  export class Embeddings {
    constructor(url: string);
    add(documents: readonly { id?: number | string; text: string }[]): Promise<null>;
    index(): Promise<null>;
    upsert(): Promise<null>;
    count(): Promise<number>;
    delete<Id>(ids: readonly Id[]): Promise<Id[]>;
    search(query: string, limit: number): Promise<Scored[]>;
  }

  export class Similarity {
    constructor(url: string);
    similarity(query: string, texts: readonly string[]): Promise<{ id: number; score: number }[]>;
  }
}
