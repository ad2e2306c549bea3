/**
 * Waits for a task until a signal aborts. The task itself may go on, if it knows nothing of the
 * signal; what it then returns or throws is ignored.
 *
 * @throws the reason of the signal
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  task: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return task();
  signal.throwIfAborted();
  const { promise: aborted, reject } = withReject();
  const stopListening = onAbort(signal, () => reject(signal.reason));
  try {
    return await Promise.race([task(), aborted]);
  } catch (error) {
    // A library between may have wrapped the reason.
    signal.throwIfAborted();
    throw error;
  } finally {
    stopListening();
  }
}

function withReject() {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, onReject) => {
    reject = onReject;
  });
  return { promise, reject };
}

interface Listening {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const listeningTo = new WeakMap<AbortSignal, Listening>();

/**
 * Many calls may share a signal. They also share a listener, since Node.js warns of a leak if a
 * signal has more than ten.
 *
 * @returns stops listening
 */
function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listener } = listeningTo.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    signal.removeEventListener("abort", listener);
    listeningTo.delete(signal);
  };
}

function listen(signal: AbortSignal): Listening {
  const callbacks = new Set<() => void>();
  const listener = () => {
    for (const callback of callbacks) callback();
  };
  signal.addEventListener("abort", listener, { once: true });
  const listening = { callbacks, listener };
  listeningTo.set(signal, listening);
  return listening;
}
