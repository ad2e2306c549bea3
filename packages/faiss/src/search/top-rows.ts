/** Keeps the best of the rows that it is offered: higher scores first, ties in insertion order. */
export class TopRows {
  readonly #capacity: number;
  readonly #sequence: readonly number[];
  /** A binary heap with the worst row at its root. */
  readonly #rows: number[] = [];
  readonly #scores: number[] = [];

  constructor(capacity: number, sequence: readonly number[]) {
    this.#capacity = capacity;
    this.#sequence = sequence;
  }

  get length(): number {
    return this.#rows.length;
  }

  get isFull(): boolean {
    return this.#rows.length === this.#capacity;
  }

  /** The lowest score of the rows, or -Infinity while there is room for more. */
  get minScore(): number {
    return this.isFull ? this.#scores[0]! : Number.NEGATIVE_INFINITY;
  }

  /** Whether a row would be kept, to skip costly checks for the others. */
  wants(row: number, score: number): boolean {
    if (!this.isFull) return true;
    const lowest = this.#scores[0]!;
    return (
      score > lowest || (score === lowest && this.#sequence[row]! < this.#sequence[this.#rows[0]!]!)
    );
  }

  offer(row: number, score: number): void {
    if (!this.isFull) {
      this.#rows.push(row);
      this.#scores.push(score);
      this.#rise(this.#rows.length - 1);
    } else if (this.wants(row, score)) {
      this.#rows[0] = row;
      this.#scores[0] = score;
      this.#sink();
    }
  }

  /** Best first. */
  sorted(): { row: number; score: number }[] {
    const order = this.#rows.map((row, position) => ({ row, score: this.#scores[position]! }));
    return order.sort(
      (one, other) =>
        other.score - one.score || this.#sequence[one.row]! - this.#sequence[other.row]!,
    );
  }

  #isWorse(one: number, other: number): boolean {
    const difference = this.#scores[one]! - this.#scores[other]!;
    return (
      difference < 0 ||
      (difference === 0 && this.#sequence[this.#rows[one]!]! > this.#sequence[this.#rows[other]!]!)
    );
  }

  #rise(position: number): void {
    for (let child = position; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#isWorse(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(): void {
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      if (left >= this.#rows.length) return;
      const right = left + 1;
      const child = right < this.#rows.length && this.#isWorse(right, left) ? right : left;
      if (!this.#isWorse(child, parent)) return;
      this.#swap(child, parent);
      parent = child;
    }
  }

  #swap(one: number, other: number): void {
    [this.#rows[one], this.#rows[other]] = [this.#rows[other]!, this.#rows[one]!];
    [this.#scores[one], this.#scores[other]] = [this.#scores[other]!, this.#scores[one]!];
  }
}
