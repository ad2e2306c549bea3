/**
 * Runs a task again and again: once as a warm-up, then at least twice, then while there is time.
 *
 * @param budget - milliseconds
 * @returns the milliseconds of each run but the first; of the first if it took the whole budget
 */
export async function timesOf(task, budget, { most = 100 } = {}) {
  const timed = async () => {
    const start = performance.now();
    await task();
    return performance.now() - start;
  };
  const first = await timed();
  if (first > budget) return [first];
  const times = [];
  for (let left = budget - first; times.length < 2 || (left > 0 && times.length < most); ) {
    const time = await timed();
    times.push(time);
    left -= time;
  }
  return times;
}
