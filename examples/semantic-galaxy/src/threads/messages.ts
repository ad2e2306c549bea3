/** What a method of a worker gets beside its argument. */
export interface CallContext<P = unknown> {
  /** Aborted when the page gives up the call. */
  readonly signal: AbortSignal;
  /** Sends something to the page before the call ends. */
  readonly report: (progress: P, transfer?: Transferable[]) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: each method has an argument and progress of its own
export type Methods = Record<string, (argument: any, context: CallContext<any>) => unknown>;

/** From the page to the worker. */
export type Call =
  | { readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly abort: number };

export type Answer =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  | { readonly error: { name: string; message: string; code?: string } };

/** From the worker to the page. */
export type Reply = Answer & { readonly id: number };
