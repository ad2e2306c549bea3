export function median(numbers) {
  return percentile(numbers, 50);
}

/** The smallest number that is not below `percent` of them (nearest rank). */
export function percentile(numbers, percent) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)];
}

export function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** What a table and a JSON file say about repeated measurements. */
export function summary(numbers) {
  return {
    runs: numbers.length,
    median: median(numbers),
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    values: numbers,
  };
}
