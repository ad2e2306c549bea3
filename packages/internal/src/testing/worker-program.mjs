// The program that worker-process.int.test.ts sends its requests to.
import { spawn } from "node:child_process";

process.on("message", (message) => {
  const { id, operation, value } = /** @type {{ id: number, operation: string, value: never }} */ (
    message
  );
  switch (operation) {
    case "echo":
      process.send?.({ id, result: value });
      return;
    case "echo later":
      setTimeout(() => process.send?.({ id, result: value }), 50);
      return;
    case "fail":
      process.send?.({ id, error: value });
      return;
    case "print":
      console.error(value);
      process.send?.({ id });
      return;
    case "exit":
      process.exit(value);
      return;
    case "disconnect":
      setImmediate(() => process.disconnect());
      return;
    case "send null":
      process.send?.(/** @type {any} */ (null));
      process.send?.({ id });
      return;
    case "leave a process behind":
      spawn("sleep", ["5"], { stdio: ["ignore", "ignore", "inherit"] }).unref();
      process.send?.({ id });
      return;
    case "never answer":
  }
});
process.on("disconnect", () => process.exit());
