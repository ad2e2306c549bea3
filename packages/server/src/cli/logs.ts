import { type Logger, pino } from "pino";
import type { RequestReport } from "../reports/request-report.ts";

export type { Logger };

/** Logs to standard output: JSON lines, or lines to read. */
export function createLogger({ level, json }: { level: string; json: boolean }): Logger {
  const settings = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return json ? pino(settings) : pino(settings, { write: writeReadable });
}

/** Routes that are asked all the time by machines. */
const quietRoutes = ["/health", "/ping", "/metrics", "/"];

/** A line for a request. It has no texts and no keys. */
export function logRequest(logger: Logger, report: RequestReport): void {
  const { method, route, status, duration, inputs, dimensions, statistics } = report;
  const { errorType, param, error } = report;
  const fields = {
    method,
    route,
    status,
    duration: rounded(duration),
    ...(inputs !== undefined && { inputs }),
    ...(dimensions !== undefined && { dimensions }),
    ...(errorType !== null && { errorType }),
    ...(param !== null && { param }),
    ...(statistics && {
      tokens: statistics.tokens,
      queueTime: rounded(statistics.queueTime),
      inferenceTime: rounded(statistics.inferenceTime),
    }),
  };
  const message = `${method} ${route ?? "unknown path"} ${status}`;
  if (error !== undefined) logger.error({ ...fields, ...errorFields(error) }, message);
  else if (method === "GET" && quietRoutes.includes(route ?? "")) logger.debug(fields, message);
  else logger.info(fields, message);
}

/** What a log says of an error. Its other fields can hold texts of clients. */
export function errorFields(error: unknown): { error: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const { message, stack } = error;
  return stack === undefined ? { error: message } : { error: message, stack };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/** Turns a line of JSON into `<time> INFO <message> key=value …`. */
function writeReadable(line: string): void {
  const { time, level, msg, stack, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const label = pino.levels.labels[Number(level)]?.toUpperCase() ?? "";
  const details = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
  process.stdout.write(`${time} ${label.padEnd(5)} ${msg}${details.join("")}\n`);
  if (typeof stack === "string") process.stdout.write(`${stack}\n`);
}
