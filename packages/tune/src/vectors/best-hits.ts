/** The best hits of one query: a heap with the worst of them on top. */
export class BestHits {
  readonly #scores: Float32Array;
  readonly #indices: Int32Array;
  readonly #order: Int32Array;
  #size = 0;

  /** @param order - place of each document among those with equal scores */
  constructor(k: number, order: Int32Array) {
    const kept = Math.min(k, order.length);
    this.#scores = new Float32Array(kept);
    this.#indices = new Int32Array(kept);
    this.#order = order;
  }

  offer(index: number, score: number): void {
    if (this.#size < this.#scores.length) {
      this.#set(this.#size, index, score);
      this.#rise(this.#size++);
    } else if (this.#isBetter(index, score, 0)) {
      this.#set(0, index, score);
      this.#sink();
    }
  }

  /** Indices with their scores, best first. */
  sorted(): [index: number, score: number][] {
    const hits = Array.from({ length: this.#size }, (_, place): [number, number] => [
      this.#indices[place]!,
      this.#scores[place]!,
    ]);
    return hits.sort((a, b) => b[1] - a[1] || this.#order[a[0]]! - this.#order[b[0]]!);
  }

  #isBetter(index: number, score: number, than: number): boolean {
    const other = this.#scores[than]!;
    if (score !== other) return score > other;
    return this.#order[index]! < this.#order[this.#indices[than]!]!;
  }

  #set(place: number, index: number, score: number): void {
    this.#indices[place] = index;
    this.#scores[place] = score;
  }

  #swap(a: number, b: number): void {
    const [index, score] = [this.#indices[a]!, this.#scores[a]!];
    this.#set(a, this.#indices[b]!, this.#scores[b]!);
    this.#set(b, index, score);
  }

  #rise(start: number): void {
    for (let place = start; place > 0; ) {
      const parent = (place - 1) >> 1;
      if (!this.#isBetter(this.#indices[parent]!, this.#scores[parent]!, place)) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  #sink(): void {
    for (let place = 0; ; ) {
      let worst = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child >= this.#size) continue;
        if (this.#isBetter(this.#indices[worst]!, this.#scores[worst]!, child)) worst = child;
      }
      if (worst === place) return;
      this.#swap(worst, place);
      place = worst;
    }
  }
}
